import { type LanesError, toLanesError } from './errors.ts';
import type { Tunables } from './options.ts';
import { isOffline, type Surroundings } from './surroundings.ts';
import { wait } from './wait.ts';

export interface Retrying {
  readonly options: Tunables;
  readonly surroundings: Surroundings;
  readonly signal: AbortSignal;
  readonly onWaiting?: (error: LanesError, delayMs: number) => void;
}

/** After these there is no reason to wait any longer. */
const WAKING = ['online', 'switch'];

/**
 * Runs `attempt` until it resolves with a value. When it resolves without one it runs again at once; when it rejects it runs
 * again after a random wait whose bound doubles with each failure in a row (full jitter), so that clients that were cut off
 * together do not come back together.
 *
 * @param attempt calls `live` once it works, so that a connection that was good for long starts with the smallest wait again
 * @throws the reason of the signal; the error that no trying again can mend
 */
export async function keepTrying<T>(
  attempt: (live: () => void) => Promise<T | undefined>,
  { options, surroundings, signal, onWaiting }: Retrying,
): Promise<T> {
  for (let failures = 0; ; ) {
    signal.throwIfAborted();
    let liveAtMs = Number.POSITIVE_INFINITY;
    try {
      const result = await attempt(() => {
        liveAtMs = Math.min(liveAtMs, Date.now());
      });
      if (result !== undefined) return result;
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toLanesError(thrown);
      if (error.final) throw error;
      failures = Date.now() - liveAtMs >= options.stableAfterMs ? 0 : failures;
      const jittered = Math.random() * Math.min(options.reconnectMaxMs, options.reconnectMinMs * 2 ** failures++);
      const askedForMs = error.retryAfterMs ?? 0;
      const notBeforeMs = Date.now() + askedForMs;
      const delayMs = Math.max(jittered, askedForMs);
      onWaiting?.(error, delayMs);
      const woke = await wait(delayMs, signal, surroundings, [...WAKING, 'visible']);
      // What the server asks for spreads the load: a look at the page shortens only what is beyond it.
      if (woke === 'visible') await wait(notBeforeMs - Date.now(), signal, surroundings, WAKING);
      while (isOffline()) await wait(Number.POSITIVE_INFINITY, signal, surroundings, WAKING);
    }
  }
}
