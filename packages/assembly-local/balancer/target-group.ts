import { get } from 'node:http';
import { LOOPBACK } from '../loopback.ts';

export interface HealthCheck {
  readonly path: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** Status codes of a healthy target, for example `200` or `200-299,304`. */
  readonly matcher: string;
}

/** `initial` until the first check has passed; `draining` gets no new requests, but keeps its current ones. */
export type TargetState = 'initial' | 'healthy' | 'unhealthy' | 'draining';

export interface TargetGroupOptions {
  readonly arn: string;
  readonly healthCheck: HealthCheck;
  readonly deregistrationDelayMs: number;
}

/** How often a new target is checked, so that a local run is ready soon. */
const INITIAL_INTERVAL_MS = 100;

/** One task behind the balancer. */
export class Target {
  readonly port: number;
  /** Resolves with the first success of a health check. */
  readonly healthy: Promise<void>;
  readonly #becomeHealthy: () => void;
  #state: TargetState = 'initial';
  #outstanding = 0;
  #onIdle: (() => void) | undefined;

  constructor(port: number) {
    this.port = port;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.healthy = promise;
    this.#becomeHealthy = resolve;
  }

  get state(): TargetState {
    return this.#state;
  }

  set state(state: TargetState) {
    this.#state = state;
    if (state === 'healthy') this.#becomeHealthy();
  }

  /** Requests that have not ended. An open stream is one. */
  get outstanding(): number {
    return this.#outstanding;
  }

  begin(): void {
    this.#outstanding += 1;
  }

  end(): void {
    this.#outstanding -= 1;
    if (this.#outstanding === 0) this.#onIdle?.();
  }

  /** Resolves when no request is left, or after `ms`. */
  idle(ms: number): Promise<void> {
    if (this.#outstanding === 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    this.#onIdle = resolve;
    return promise.finally(() => clearTimeout(timer));
  }
}

/** Targets with their health. Balances by least outstanding requests. */
export class TargetGroup {
  readonly arn: string;
  readonly #options: TargetGroupOptions;
  readonly #targets = new Map<Target, NodeJS.Timeout | undefined>();

  constructor(options: TargetGroupOptions) {
    this.arn = options.arn;
    this.#options = options;
  }

  get targets(): readonly Target[] {
    return [...this.#targets.keys()];
  }

  register(port: number): Target {
    const target = new Target(port);
    this.#targets.set(target, undefined);
    void this.#check(target, 0, 0);
    return target;
  }

  /**
   * Sends the target no new requests, and resolves when its current ones are done or the deregistration delay
   * is over.
   */
  async deregister(target: Target, delayMs = this.#options.deregistrationDelayMs): Promise<void> {
    target.state = 'draining';
    clearTimeout(this.#targets.get(target));
    await target.idle(delayMs);
    this.#targets.delete(target);
  }

  /** For a target whose task has ended. */
  remove(target: Target): void {
    clearTimeout(this.#targets.get(target));
    this.#targets.delete(target);
  }

  /**
   * The target for a new request. If none is healthy, the balancer fails open and tries the others, as AWS
   * does; undefined if there is none at all.
   */
  pick(): Target | undefined {
    const candidates = this.targets.filter(({ state }) => state !== 'draining');
    const healthy = candidates.filter(({ state }) => state === 'healthy');
    let best: Target | undefined;
    for (const target of healthy.length > 0 ? healthy : candidates) {
      if (best === undefined || target.outstanding < best.outstanding) best = target;
    }
    return best;
  }

  close(): void {
    for (const target of this.targets) this.remove(target);
  }

  async #check(target: Target, passed: number, failed: number): Promise<void> {
    const { healthCheck } = this.#options;
    const ok = await probe(target.port, healthCheck);
    if (!this.#targets.has(target) || target.state === 'draining') return;
    const [passes, failures] = ok ? [passed + 1, 0] : [0, failed + 1];
    // A new target becomes healthy with its first success.
    if (passes >= healthCheck.healthyThreshold || (ok && target.state === 'initial')) target.state = 'healthy';
    if (target.state === 'healthy' && failures >= healthCheck.unhealthyThreshold) target.state = 'unhealthy';
    const delayMs = target.state === 'initial' ? Math.min(INITIAL_INTERVAL_MS, healthCheck.intervalMs) : healthCheck.intervalMs;
    this.#targets.set(
      target,
      setTimeout(() => void this.#check(target, passes, failures), delayMs),
    );
  }
}

function probe(port: number, { path, timeoutMs, matcher }: HealthCheck): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({
      host: LOOPBACK,
      port,
      path,
      agent: false,
      timeout: timeoutMs,
      headers: { 'user-agent': 'ELB-HealthChecker/2.0' },
    });
    request.on('response', (response) => {
      response.resume();
      resolve(matches(matcher, response.statusCode ?? 0));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.on('close', () => resolve(false));
  });
}

function matches(matcher: string, status: number): boolean {
  return matcher.split(',').some((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return from !== undefined && to !== undefined && status >= from && status <= to;
  });
}
