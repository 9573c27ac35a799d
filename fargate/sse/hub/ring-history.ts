import type { LogEntry } from '../../../backbone/domain/log-entry.ts';
import type { LogReader } from '../../../backbone/services/log-reader.ts';
import { type ChannelPosition, withinEpoch } from '../../../packages/protocol/cursor.ts';
import type { RingMemory } from '../budget/ring-memory.ts';
import type { Ring } from './ring.ts';

/** Who is further behind replays the log for itself: the ring would hardly hold it. */
const MAX_REACH_BACK = 500;

/**
 * Lets a ring reach further back, a page of the log at a time. All who resume within it are then served from memory. What lies
 * below the ring's floor is settled, and what is put there has no gap, so none of it needs a proof.
 */
export class RingHistory {
  readonly #channel: string;
  readonly #ring: Ring;
  readonly #memory: RingMemory;
  readonly #reader: LogReader;
  #reading: Promise<void> | undefined;
  /** The floor of the ring below which the log did not go on. */
  #deepest: ChannelPosition | undefined;

  constructor(channel: string, ring: Ring, memory: RingMemory, reader: LogReader) {
    this.#channel = channel;
    this.#ring = ring;
    this.#memory = memory;
    this.#reader = reader;
  }

  /** The read of the log that is going on; undefined where there is none. */
  get reading(): Promise<void> | undefined {
    return this.#reading;
  }

  /** Whether one more read of the log might let the ring serve a reader from this position on. */
  mayReachBackTo(position: ChannelPosition): boolean {
    const { floor } = this.#ring;
    const { epoch, seq } = withinEpoch(position, floor.epoch);
    const isWithinReach = epoch === floor.epoch && seq < floor.seq && floor.seq - seq <= MAX_REACH_BACK;
    return isWithinReach && !isSame(this.#deepest, floor) && this.#room > 0;
  }

  /** Reads a page. */
  reachBack(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Adds entries of the log that have been read already. */
  add(newestFirst: readonly LogEntry[]): void {
    const bottom = newestFirst.at(-1)?.seq;
    const reached = this.#ring.reachBack(newestFirst, this.#room);
    // A gap, or what is too large for the ring, ends its history; the end of a page does not.
    if (!reached || this.#ring.floor.seq + 1 !== bottom) this.#deepest = this.#ring.floor;
  }

  async #read(): Promise<void> {
    const { floor } = this.#ring;
    const { entries } = await this.#reader.readBack(this.#channel, floor);
    // Trimmed or reset meanwhile.
    if (isSame(this.#ring.floor, floor)) this.add(entries);
  }

  /** Half of what a ring may have: the other half is for what comes. */
  get #room(): number {
    return Math.max(0, this.#memory.limit / 2 - this.#ring.memoryBytes);
  }
}

function isSame(one: ChannelPosition | undefined, other: ChannelPosition): boolean {
  return one?.epoch === other.epoch && one.seq === other.seq;
}
