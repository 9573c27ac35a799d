import { Backoff, FULL_JITTER } from '../../protocol/backoff.ts';
import { type Environment, isOffline } from './environment.ts';
import { type LanesError, toLanesError } from './errors.ts';
import type { Tunables } from './options.ts';
import { wait } from './wait.ts';

export interface RetryContext {
  readonly options: Tunables;
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

export type OnRetry = (error: LanesError, delayMs: number) => void;

/** After these there is no reason to wait any longer. */
const WAKING = ['online', 'switch'];

/** The attempts to do one thing, and the waits between them. */
export class Attempts {
  readonly #context: RetryContext;
  readonly #backoff: Backoff;
  #liveAtMs = Number.POSITIVE_INFINITY;

  constructor(context: RetryContext) {
    this.#context = context;
    this.#backoff = new Backoff(context.options.reconnectMinMs, FULL_JITTER);
  }

  /** An attempt begins. */
  begin(): void {
    this.#liveAtMs = Number.POSITIVE_INFINITY;
  }

  /** The attempt works: if it does for long, the waits start from the smallest again. */
  live(): void {
    this.#liveAtMs = Math.min(this.#liveAtMs, Date.now());
  }

  /**
   * The attempt failed: resolves when the next one is due.
   * @throws the error when it is final; the reason of the signal
   */
  async pause(error: LanesError, onRetry?: OnRetry): Promise<void> {
    const { options, environment, signal } = this.#context;
    if (error.final) throw error;
    if (Date.now() - this.#liveAtMs >= options.stableAfterMs) this.#backoff.reset();
    const { retryAfterMs = 0 } = error;
    const notBeforeMs = Date.now() + retryAfterMs;
    const delayMs = this.#backoff.nextDelayMs(options.reconnectMaxMs, retryAfterMs);
    onRetry?.(error, delayMs);
    const wokenBy = await wait(delayMs, signal, environment, [...WAKING, 'visible']);
    // The server spreads the load with what it asks for: a page that becomes visible shortens only what is beyond it.
    if (wokenBy === 'visible') await wait(notBeforeMs - Date.now(), signal, environment, WAKING);
    while (isOffline()) await wait(Number.POSITIVE_INFINITY, signal, environment, WAKING);
  }
}

/**
 * Runs `attempt` until it resolves with a value. When it resolves without one it runs again at once; when it rejects it runs
 * again after a wait with full jitter.
 *
 * @param attempt calls `live` once it works, so that a connection that was good for long starts with the smallest wait again
 * @throws the reason of the signal; an error that is final
 */
export async function retry<T>(
  attempt: (live: () => void) => Promise<T | undefined>,
  context: RetryContext,
  onRetry?: OnRetry,
): Promise<T> {
  const attempts = new Attempts(context);
  for (;;) {
    context.signal.throwIfAborted();
    attempts.begin();
    try {
      const result = await attempt(() => attempts.live());
      if (result !== undefined) return result;
    } catch (thrown) {
      context.signal.throwIfAborted();
      await attempts.pause(toLanesError(thrown), onRetry);
    }
  }
}
