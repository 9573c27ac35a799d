import type { Clock } from '../../backbone/ports.ts';

/** A clock for code that only waits between its tries: every sleep ends at once, moves the time on, and is noted. */
export class InstantClock implements Clock {
  readonly sleeps: number[] = [];
  #nowMs = Date.UTC(2026, 0, 1);

  nowMs(): number {
    return this.#nowMs;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.sleeps.push(ms);
    this.#nowMs += ms;
  }
}
