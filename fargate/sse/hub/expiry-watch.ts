import type { Clock } from '../../../backbone/ports.ts';

/** Timers of Node overflow after 25 days, and tokens may last longer. */
const MAX_SLEEP_MS = 3_600_000;

/** Wakes up when the earliest of many things expires, with a single timer for all. */
export class ExpiryWatch {
  readonly #clock: Clock;
  readonly #endExpired: (nowMs: number) => number;
  /** Nothing expires before this time. */
  #nextMs = Number.POSITIVE_INFINITY;
  #sleep = new AbortController();

  /**
   * @param endExpired ends what has expired and returns when the next thing expires; infinity if nothing will
   */
  constructor(clock: Clock, endExpired: (nowMs: number) => number) {
    this.#clock = clock;
    this.#endExpired = endExpired;
  }

  /** Something expires at this time. */
  expect(atMs: number): void {
    if (atMs >= this.#nextMs) return;
    this.#nextMs = atMs;
    this.#sleep.abort();
    this.#sleep = new AbortController();
    const sleepMs = Math.min(MAX_SLEEP_MS, Math.max(0, atMs - this.#clock.nowMs()));
    this.#clock.sleep(sleepMs, this.#sleep.signal).then(
      () => this.#wake(),
      () => undefined,
    );
  }

  close(): void {
    this.#sleep.abort();
  }

  #wake(): void {
    this.#nextMs = Number.POSITIVE_INFINITY;
    this.expect(this.#endExpired(this.#clock.nowMs()));
  }
}
