import { setImmediate } from 'node:timers/promises';

/** What is told from time to time to give a sign of life. */
export interface Ticking {
  tick(nowMs: number): void;
}

/** Ticks before the event loop gets its turn. */
const TICKS_PER_TURN = 256;

/**
 * Gives streams their tick, twice in the interval that each has: one that was written to since the last tick is passed over, so
 * two may pass without a byte. Streams of the same interval go together, with one timer, so those that want no interval of their
 * own pay nothing for the others. Clients choose among a few intervals, and a group that was made is kept.
 */
export class Heartbeats {
  readonly #groups = new Map<number, Set<Ticking>>();
  readonly #nowMs: () => number;
  readonly #every: (intervalMs: number, work: () => Promise<void>) => void;
  #started = false;

  /** @param every repeats some work until the end */
  constructor(nowMs: () => number, every: (intervalMs: number, work: () => Promise<void>) => void) {
    this.#nowMs = nowMs;
    this.#every = every;
  }

  start(): void {
    this.#started = true;
    for (const [intervalMs, members] of this.#groups) this.#run(intervalMs, members);
  }

  add(stream: Ticking, intervalMs: number): void {
    const members = this.#groups.get(intervalMs) ?? this.#open(intervalMs);
    members.add(stream);
  }

  delete(stream: Ticking, intervalMs: number): void {
    this.#groups.get(intervalMs)?.delete(stream);
  }

  #open(intervalMs: number): Set<Ticking> {
    const members = new Set<Ticking>();
    this.#groups.set(intervalMs, members);
    if (this.#started) this.#run(intervalMs, members);
    return members;
  }

  #run(intervalMs: number, members: ReadonlySet<Ticking>): void {
    this.#every(intervalMs / 2, async () => {
      const nowMs = this.#nowMs();
      let ticked = 0;
      for (const stream of members) {
        stream.tick(nowMs);
        if (++ticked % TICKS_PER_TURN === 0) await setImmediate();
      }
    });
  }
}
