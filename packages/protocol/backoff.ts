/**
 * Waits that double with each consecutive failure, so that an overloaded or unavailable service is asked less
 * and less.
 */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** @param failures how many came in a row before this one: 0 for the first */
export function backoffMs({ firstMs, mostMs }: BackoffBounds, failures: number): number {
  return Math.min(mostMs, firstMs * 2 ** failures);
}

/** The whole wait is random: clients that failed together spread out as far as possible. */
export const FULL_JITTER = 1;

/**
 * Half of the wait is fixed, half random: clients that failed together do not return together, and none
 * returns at once.
 */
export const HALF_JITTER = 0.5;

/**
 * A random time between `ms` minus its `part`, and `ms`.
 * @param random returns a number from 0 (inclusive) to 1 (exclusive)
 */
export function jittered(ms: number, part: number, random: () => number = Math.random): number {
  return ms * (1 - part + part * random());
}

/** The waits of one thing that is tried repeatedly. */
export class Backoff {
  readonly #firstMs: number;
  readonly #jitter: number;
  #failures = 0;

  /**
   * @param firstMs the upper bound of the first delay
   * @param jitter the random part of the bound: {@link FULL_JITTER}, {@link HALF_JITTER}, or 0 for none
   */
  constructor(firstMs: number, jitter: number) {
    this.#firstMs = firstMs;
    this.#jitter = jitter;
  }

  /**
   * Returns the delay before the next attempt, and counts that attempt.
   * @param mostMs the bound stops growing here
   * @param retryAfterMs what the server asks for: the delay is never shorter, and may exceed `mostMs` for it
   */
  nextDelayMs(mostMs: number, retryAfterMs = 0): number {
    return Math.max(retryAfterMs, jittered(backoffMs({ firstMs: this.#firstMs, mostMs }, this.#failures++), this.#jitter));
  }

  /** An attempt succeeded: the next delay is the first again. */
  reset(): void {
    this.#failures = 0;
  }
}
