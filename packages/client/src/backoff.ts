/**
 * Exponential backoff: the bound of the delay doubles with each attempt, and the delay is a random part of the bound, so that
 * clients that failed together do not return together.
 */
export class Backoff {
  readonly #firstMs: number;
  readonly #jitter: number;
  #attempts = 0;

  /**
   * @param firstMs the bound of the first delay
   * @param jitter the part of the bound that is random: 1 is full jitter, 0.5 keeps at least half of it, 0 is none
   */
  constructor(firstMs: number, jitter: number) {
    this.#firstMs = firstMs;
    this.#jitter = jitter;
  }

  /**
   * The delay before the next attempt, which it counts.
   * @param maxMs the bound stops growing here
   * @param retryAfterMs what the server asks for: the delay is never shorter, and may be longer than `maxMs` for it
   */
  nextDelayMs(maxMs: number, retryAfterMs = 0): number {
    return Math.max(retryAfterMs, jittered(Math.min(maxMs, this.#firstMs * 2 ** this.#attempts++), this.#jitter));
  }

  /** An attempt succeeded: the next delay is the first again. */
  reset(): void {
    this.#attempts = 0;
  }
}

/** A random time between `ms` less its `part`, and `ms`. */
export function jittered(ms: number, part: number): number {
  return ms * (1 - part * Math.random());
}
