import type { LogEntry } from '../../../backbone/domain/log-entry.ts';
import type { LogReader } from '../../../backbone/services/log-reader.ts';
import { type ChannelPosition, withinEpoch } from '../../../packages/protocol/cursor.ts';
import type { RingMemory } from '../budget/ring-memory.ts';
import type { Ring } from './ring.ts';

/** A reader further behind than this replays the log by itself: the ring could hardly hold that much. */
const MAX_REACH_BACK = 500;

/**
 * Lets a ring reach further back, one page of the log at a time. All readers that resume within it are then
 * served from memory. Everything below the ring's floor is settled, and only entries without a gap are
 * prepended, so this needs no proof of what has expired.
 */
export class RingHistory {
  readonly #channel: string;
  readonly #ring: Ring;
  readonly #memory: RingMemory;
  readonly #reader: LogReader;
  #reading: Promise<void> | undefined;
  /** A floor of the ring below which nothing more can be added from the log. */
  #deepest: ChannelPosition | undefined;
  /** A floor of the ring below which the log has nothing. */
  #bottom: ChannelPosition | undefined;

  constructor(channel: string, ring: Ring, memory: RingMemory, reader: LogReader) {
    this.#channel = channel;
    this.#ring = ring;
    this.#memory = memory;
    this.#reader = reader;
  }

  /** The read of the log that is in progress, or undefined. */
  get reading(): Promise<void> | undefined {
    return this.#reading;
  }

  /** Whether the ring has everything that the log has of its epoch. */
  get isComplete(): boolean {
    const { floor } = this.#ring;
    return floor.seq === 0 || isSame(this.#bottom, floor);
  }

  /** Whether one more read of the log might let the ring serve a reader from this position on. */
  mayReachBackTo(position: ChannelPosition): boolean {
    const { floor } = this.#ring;
    const { epoch, seq } = withinEpoch(position, floor.epoch);
    const isWithinReach = epoch === floor.epoch && seq < floor.seq && floor.seq - seq <= MAX_REACH_BACK;
    return isWithinReach && !isSame(this.#deepest, floor) && this.#room > 0;
  }

  /** Reads one page. */
  reachBack(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** Adds entries that were already read from the log. */
  add(newestFirst: readonly LogEntry[]): void {
    const bottom = newestFirst.at(-1)?.seq;
    const reached = this.#ring.reachBack(newestFirst, this.#room);
    // A gap, or an event too large for the ring, ends its history. The end of a page does not.
    if (!reached || this.#ring.floor.seq + 1 !== bottom) this.#deepest = this.#ring.floor;
  }

  async #read(): Promise<void> {
    const { floor } = this.#ring;
    const { entries, more } = await this.#reader.readBack(this.#channel, floor);
    // False if the ring was trimmed or reset in the meantime.
    if (!isSame(this.#ring.floor, floor)) return;
    this.add(entries);
    if (!more && this.#ring.floor.seq < (entries.at(-1)?.seq ?? Number.POSITIVE_INFINITY)) this.#bottom = this.#ring.floor;
  }

  /** A ring's history may take half of what the ring may have: the other half is for new events. */
  get #room(): number {
    return Math.max(0, this.#memory.limit / 2 - this.#ring.memoryBytes);
  }
}

function isSame(one: ChannelPosition | undefined, other: ChannelPosition): boolean {
  return one?.epoch === other.epoch && one.seq === other.seq;
}
