/** Waits that double with each failure in a row, so that what is overloaded or down is asked less and less. */
export interface BackoffBounds {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** @param failures in a row before this one: 0 for the first */
export function backoffMs({ firstMs, mostMs }: BackoffBounds, failures: number): number {
  return Math.min(mostMs, firstMs * 2 ** failures);
}

/** Any part of the wait: those that failed together spread out as far as they can. */
export const FULL_JITTER = 1;

/** Half of the wait for certain, half by chance: those that failed together do not come back together, and none at once. */
export const HALF_JITTER = 0.5;

/**
 * A random time between `ms` less its `part`, and `ms`.
 * @param random from 0 up to 1
 */
export function jittered(ms: number, part: number, random: () => number = Math.random): number {
  return ms * (1 - part + part * random());
}

/** The waits of one thing that is tried again and again. */
export class Backoff {
  readonly #firstMs: number;
  readonly #jitter: number;
  #failures = 0;

  /**
   * @param firstMs the bound of the first delay
   * @param jitter the part of the bound that is random: {@link FULL_JITTER}, {@link HALF_JITTER}, or 0 for none
   */
  constructor(firstMs: number, jitter: number) {
    this.#firstMs = firstMs;
    this.#jitter = jitter;
  }

  /**
   * The delay before the next attempt, which it counts.
   * @param mostMs the bound stops growing here
   * @param retryAfterMs what the server asks for: the delay is never shorter, and may be longer than `mostMs` for it
   */
  nextDelayMs(mostMs: number, retryAfterMs = 0): number {
    return Math.max(retryAfterMs, jittered(backoffMs({ firstMs: this.#firstMs, mostMs }, this.#failures++), this.#jitter));
  }

  /** An attempt succeeded: the next delay is the first again. */
  reset(): void {
    this.#failures = 0;
  }
}
