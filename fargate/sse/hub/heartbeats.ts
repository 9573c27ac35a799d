import { setImmediate } from 'node:timers/promises';

/** Something that is called regularly so that it can send a heartbeat. */
export interface Ticking {
  tick(nowMs: number): void;
}

/** How many ticks run before the event loop gets its turn. */
const TICKS_PER_TURN = 256;

/**
 * Ticks streams twice in their heartbeat interval. A stream that was written to since the last tick is
 * skipped, so two ticks may pass without a byte. Streams with the same interval share one timer, so streams
 * with the default interval pay nothing for the others. Clients choose among a few intervals only, so a group
 * is never removed.
 */
export class Heartbeats {
  readonly #groups = new Map<number, Set<Ticking>>();
  readonly #nowMs: () => number;
  readonly #every: (intervalMs: number, work: () => Promise<void>) => void;
  #started = false;

  /** @param every repeats the work until the hub closes */
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
