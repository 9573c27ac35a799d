import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../backbone/ports.ts';
import { Sleepers } from './sleepers.ts';

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Sleepers();

  /** @param nowMs a full second by default, so that TTLs, which DynamoDB counts in seconds, need no rounding */
  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** How many sleeps have not ended yet: poll it to know that the code under test waits. */
  get sleeping(): number {
    return this.#sleepers.count;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#sleepers.add(this.#nowMs + ms, signal);
  }

  /** Moves the time on, and wakes sleepers one by one at their time, with a turn of the event loop for what they do then. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (let nextMs = this.#sleepers.nextAtMs(); nextMs <= untilMs; nextMs = this.#sleepers.nextAtMs()) {
      this.#nowMs = Math.max(this.#nowMs, nextMs);
      this.#sleepers.wakeNext();
      await setImmediate();
    }
    this.#nowMs = untilMs;
    await setImmediate();
  }
}
