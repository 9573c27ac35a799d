import { randomUUID } from 'node:crypto';
import type { Permission } from '../iam/permission.ts';
import { letsService, type ServiceCaller, type Statement } from '../iam/policy.ts';
import type { Log } from '../log.ts';
import { Instance, type InvokeOutcome } from './instance.ts';

/**
 * The most instances of one function. AWS would start hundreds; here further invocations wait, because more
 * processes than this only slow each other down on a laptop.
 */
const MAX_INSTANCES = 4;

export interface FunctionOptions {
  readonly name: string;
  readonly arn: string;
  readonly directory: string;
  /** Names of its aliases. @default none */
  readonly aliases?: readonly string[] | undefined;
  /** Who may invoke it, besides roles that are allowed to. */
  readonly policy: readonly Statement[];
  /** Whether its role allows something: Lambda does some things on its behalf. */
  readonly allowed: (permission: Permission) => boolean;
  /** Called when an instance starts, because not all addresses are known earlier. */
  readonly env: () => Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** @default only the local limit */
  readonly reservedConcurrency?: number | undefined;
  /** @default {@link MAX_INSTANCES} */
  readonly maxInstances?: number | undefined;
  readonly log: Log;
}

/** A function: as many instances as concurrent invocations, kept and reused. */
export class LambdaFunction {
  readonly name: string;
  readonly arn: string;
  readonly #options: FunctionOptions;
  readonly #maxInstances: number;
  readonly #instances = new Set<Instance>();
  readonly #idle: Instance[] = [];
  readonly #waiting: ((instance: Instance | undefined) => void)[] = [];
  #closed = false;

  constructor(options: FunctionOptions) {
    this.name = options.name;
    this.arn = options.arn;
    this.#options = options;
    const { maxInstances = MAX_INSTANCES, reservedConcurrency = maxInstances } = options;
    this.#maxInstances = Math.min(maxInstances, reservedConcurrency);
  }

  /** Whether the function has this qualifier. The local run has one version, which all qualifiers lead to. */
  has(qualifier: string): boolean {
    return qualifier === '$LATEST' || (this.#options.aliases ?? []).includes(qualifier);
  }

  /** Its resource policy. */
  get policy(): readonly Statement[] {
    return this.#options.policy;
  }

  /** Whether a service may invoke it. */
  lets(caller: ServiceCaller): boolean {
    return letsService(this.policy, caller, { action: 'lambda:InvokeFunction', resource: this.arn });
  }

  /** Whether Lambda may do something with the function's role. */
  allows(permission: Permission): boolean {
    return this.#options.allowed(permission);
  }

  /** Runs the handler once. Never rejects: a failure of the function is its outcome. */
  async invoke(payload: string, requestId: string = randomUUID()): Promise<InvokeOutcome> {
    const instance = await this.#acquire();
    if (instance === undefined) {
      return { kind: 'error', error: { errorType: 'Runtime.ExitError', errorMessage: 'The local run has ended' } };
    }
    try {
      return await instance.invoke({ requestId, payload, functionArn: this.arn }, this.#options.timeoutMs);
    } finally {
      this.#release(instance);
    }
  }

  /** Ends all instances and their work; resolves when their processes have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    const closed = Promise.all([...this.#instances].map((instance) => instance.close()));
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
    await closed;
  }

  async #acquire(): Promise<Instance | undefined> {
    if (this.#closed) return undefined;
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.alive) return idle;
      this.#instances.delete(idle);
    }
    if (this.#instances.size < this.#maxInstances) return this.#start();
    const { promise, resolve } = Promise.withResolvers<Instance | undefined>();
    this.#waiting.push(resolve);
    return promise;
  }

  #start(): Instance {
    const { name, directory, env, log } = this.#options;
    log.detail(name, 'INIT_START');
    const instance = new Instance({ functionName: name, directory, env: env(), log });
    this.#instances.add(instance);
    return instance;
  }

  #release(instance: Instance): void {
    if (this.#closed) return;
    if (!instance.alive) this.#instances.delete(instance);
    const next = this.#waiting.shift();
    if (next !== undefined) next(instance.alive ? instance : this.#start());
    else if (instance.alive) this.#idle.push(instance);
  }
}
