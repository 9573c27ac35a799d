import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../backbone/ports.ts';

interface Sleeper {
  readonly wakeAtMs: number;
  readonly wake: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Set<Sleeper>();

  /** @param nowMs a full second by default, so that TTLs, which DynamoDB counts in seconds, need no rounding */
  constructor(nowMs = Date.UTC(2026, 0, 1)) {
    this.#nowMs = nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  /** How many sleeps have not ended yet: poll it to know that the code under test waits. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        this.#sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const sleeper: Sleeper = {
        wakeAtMs: this.#nowMs + ms,
        wake: () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        },
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** Moves the time on, and wakes sleepers one by one at their time, with a turn of the event loop for what they do then. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#sleepers.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.wakeAtMs);
      next.wake();
      await setImmediate();
    }
    this.#nowMs = untilMs;
    await setImmediate();
  }

  #next(untilMs: number): Sleeper | undefined {
    const due = [...this.#sleepers].filter((sleeper) => sleeper.wakeAtMs <= untilMs);
    return due.sort((a, b) => a.wakeAtMs - b.wakeAtMs)[0];
  }
}
