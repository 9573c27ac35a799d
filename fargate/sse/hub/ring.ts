import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import type { LogEntry } from '../../../backbone/domain/log-entry.ts';
import { type ChannelPosition, withinEpoch } from '../../../packages/protocol/cursor.ts';
import type { ResetReason } from '../../../packages/protocol/index.ts';
import type { RingMemory } from '../budget/ring-memory.ts';
import { encode, eventFrame, type Frame, memoryOf, type RingEntry, resetFrame, totalBytes } from './ring-entry.ts';
import { Slab } from './slab.ts';

/** Entries that a reader can be given in one write. */
export interface Batch {
  readonly bytes: Buffer;
  /** The reader's next ordinal. */
  readonly next: number;
  /** What the bytes are a slice of. */
  readonly slab: Slab;
}

const FIRST_SLAB_BYTES = 4 * 1024;

/** Also about the longest write: longer ones gain nothing, and what a socket has taken must be kept until it is sent. */
const MAX_SLAB_BYTES = 128 * 1024;

/** What a resuming client is given at once: it may be far away, and what it has not taken is kept for it. */
const HISTORY_SLAB_BYTES = 64 * 1024;

/** Small events are bounded by their number: an entry takes a few hundred bytes besides its text. */
const MAX_ENTRIES = 16_384;

/**
 * The newest entries of one channel, encoded once for all streams. Each entry is a chunk of its own (RFC 9112, 7.1), so that
 * any run of entries is a run of whole chunks, and can be sent as it is. Every reader holds an **ordinal**, the number of
 * entries ever appended before the one it wants next: that one number is its place in the shared log, what it lacks,
 * and the test whether it is too far behind. What was published before the ring was made can be put in below: it has
 * ordinals below zero.
 */
export class Ring {
  readonly #channel: string;
  readonly #entries: RingEntry[] = [];
  /** The ordinal of the first entry kept. */
  #start = 0;
  #appendedBytes = 0;
  readonly #memory: RingMemory;
  #memoryBytes = 0;
  /** Where entries are appended; undefined where the next one needs a new one. */
  #slab: Slab | undefined;
  #floor: ChannelPosition;
  /** The ordinal of the first entry of the current epoch. */
  #epochStart = 0;
  #batch: { readonly from: number; readonly end: number; readonly batch: Batch } | undefined;

  constructor(channel: string, floor: ChannelPosition, memory: RingMemory) {
    this.#channel = channel;
    this.#floor = floor;
    this.#memory = memory;
  }

  /** The ordinal of the first entry kept. */
  get start(): number {
    return this.#start;
  }

  /** Where a reader has to stand at least to be served from here. */
  get floor(): ChannelPosition {
    return this.#floor;
  }

  /** The ordinal that the next entry will get. */
  get end(): number {
    return this.#start + this.#entries.length;
  }

  /** All that the ring takes: slabs, and the events themselves, which polls are made from. Entries of ASCII take about twice their bytes. */
  get memoryBytes(): number {
    return this.#memoryBytes;
  }

  /** What an entry takes in memory, on average; 0 where there is none. */
  get meanBytes(): number {
    return this.#memoryBytes / Math.max(1, this.#entries.length);
  }

  /** How many bytes a reader lacks that wants this ordinal next. */
  bytesFrom(ordinal: number): number {
    const entry = this.#entries[Math.max(ordinal, this.#start) - this.#start];
    return entry === undefined ? 0 : this.#appendedBytes - entry.offset;
  }

  append(event: ChannelEvent): void {
    this.#append(eventFrame(event));
  }

  /** Begins anew at a position that has nothing to do with what came before: readers get the reset in its place. */
  reset(position: ChannelPosition, reason: ResetReason): void {
    this.#append(resetFrame(this.#channel, position, reason));
    this.#epochStart = this.end;
    this.#floor = position;
  }

  /** The channel's first epoch begins: what comes is behind all that readers have, and they have missed nothing. */
  beginFirst(epoch: string): void {
    this.#epochStart = this.end;
    this.#floor = { epoch, seq: 0 };
  }

  /**
   * Puts in what the log holds right below the floor, so that readers can be served from there on. It ends at the first seq that
   * is missing, where a reader needs the log's word on what became of it, or where the room ends.
   *
   * @param newestFirst entries from the floor downwards; those above it are passed over
   * @param maxBytes of memory
   * @returns whether the floor is lower now
   */
  reachBack(newestFirst: readonly LogEntry[], maxBytes: number): boolean {
    // Below the first entry of an epoch there is another one's.
    if (this.#epochStart > this.#start) return false;
    const { epoch, seq } = this.#floor;
    const frames: Frame[] = [];
    let floor = seq;
    let bytes = 0;
    for (const entry of newestFirst) {
      if (entry.seq > floor) continue;
      if (entry.seq < floor) break;
      if (entry.kind === 'event') {
        const frame = eventFrame(entry.event);
        bytes += frame.bytes + frame.memoryBytes;
        if (bytes > maxBytes) break;
        frames.push(frame);
      }
      floor--;
    }
    if (floor === seq) return false;
    this.#prepend(frames.reverse());
    this.#floor = { epoch, seq: floor };
    return true;
  }

  #prepend(frames: readonly Frame[]): void {
    const entries: RingEntry[] = [];
    const firstOrdinal = this.#start - frames.length;
    let offset = this.#appendedBytes - this.bytesFrom(this.#start) - totalBytes(frames);
    for (let first = 0; first < frames.length; ) {
      let next = first;
      for (let bytes = 0; next < frames.length && bytes < HISTORY_SLAB_BYTES; next++) bytes += frames[next]?.bytes ?? 0;
      const together = frames.slice(first, next);
      const slab = this.#newSlab(totalBytes(together), firstOrdinal + next);
      for (const frame of together) {
        this.#count(frame.memoryBytes);
        entries.push(encode(frame, slab, offset));
        offset += frame.bytes;
      }
      first = next;
    }
    this.#entries.unshift(...entries);
    this.#start = firstOrdinal;
    this.#epochStart = Math.min(this.#epochStart, firstOrdinal);
  }

  #append(frame: Frame): void {
    const slab = this.#slabWithRoomFor(frame.bytes);
    this.#count(frame.memoryBytes);
    this.#entries.push(encode(frame, slab, this.#appendedBytes));
    slab.endOrdinal = this.end;
    this.#appendedBytes += frame.bytes;
  }

  #slabWithRoomFor(bytes: number): Slab {
    const slab = this.#slab;
    if (slab !== undefined && slab.bytes.length - slab.used >= bytes) return slab;
    // A ring of a single slab could only be let go as a whole.
    const most = Math.min(MAX_SLAB_BYTES, this.#memory.limit / 4);
    const grown = Math.max(FIRST_SLAB_BYTES, Math.min((slab?.bytes.length ?? 0) * 2, Math.floor(most)));
    this.#slab = this.#newSlab(Math.max(grown, bytes), this.end);
    return this.#slab;
  }

  #newSlab(bytes: number, endOrdinal: number): Slab {
    this.#count(bytes);
    return new Slab(bytes, endOrdinal);
  }

  #count(bytes: number): void {
    this.#memoryBytes += bytes;
    this.#memory.add(bytes);
  }

  /** The next ordinal of a reader that has everything up to `position`; undefined when the ring does not reach back to it. */
  find(position: ChannelPosition): number | undefined {
    const { epoch, seq } = withinEpoch(position, this.#floor.epoch);
    if (epoch !== this.#floor.epoch || seq < this.#floor.seq) return undefined;
    let low = Math.max(this.#epochStart, this.#start);
    for (let high = this.end; low < high; ) {
      const middle = Math.floor((low + high) / 2);
      if (this.at(middle).position.seq > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** @throws RangeError when the ordinal is not kept: the caller compares with `start` and `end` first */
  at(ordinal: number): RingEntry {
    const entry = this.#entries[ordinal - this.#start];
    if (entry === undefined) throw new RangeError(`ordinal ${ordinal} is not in ${this.#start}…${this.end}`);
    return entry;
  }

  /** What a reader lacks, as far as one slab holds it; undefined when it lacks nothing. Readers at one place share the buffer. */
  batchFrom(ordinal: number): Batch | undefined {
    if (ordinal >= this.end) return undefined;
    if (this.#batch?.from === ordinal && this.#batch.end === this.end) return this.#batch.batch;
    const { slab, start } = this.at(ordinal);
    const batch = { bytes: slab.bytes.subarray(start, slab.used), next: slab.endOrdinal, slab };
    this.#batch = { from: ordinal, end: this.end, batch };
    return batch;
  }

  /**
   * Lets the oldest entries go until the limits are kept, but none from ordinal `offered` on, which some reader may not
   * have been offered yet: only a reader that does not take what it is offered falls out of the ring.
   *
   * @param maxBytes of memory
   */
  trim(maxBytes: number, offered: number): void {
    let dropped = 0;
    const letGo: Slab[] = [];
    const droppable = Math.min(offered, this.end) - this.#start;
    while (dropped < droppable && (this.#memoryBytes > maxBytes || this.#entries.length - dropped > MAX_ENTRIES)) {
      const entry = this.at(this.#start + dropped);
      if (this.#start + dropped >= this.#epochStart) this.#floor = entry.position;
      dropped++;
      this.#count(-memoryOf(entry.content));
      if (this.#start + dropped < entry.slab.endOrdinal) continue;
      this.#count(-entry.slab.bytes.length);
      letGo.push(entry.slab);
    }
    if (dropped === 0) return;
    this.#entries.splice(0, dropped);
    this.#start += dropped;
    this.#batch = undefined;
    if (this.#entries.length === 0) this.#slab = undefined;
    for (const slab of letGo) slab.letGo();
  }

  /** Nobody reads it any more. */
  close(): void {
    this.#count(-this.#memoryBytes);
  }
}
