import { formatPosition, type Position } from '../../backbone/domain/cursor.ts';
import type { LaneEvent } from '../../backbone/domain/event.ts';
import type { ResetReason } from '../../backbone/protocol.ts';
import { CHUNK_END, chunkHead, endChunk } from '../chunked-coding.ts';
import { eventBody, idLine, resetBody } from '../sse-encoding.ts';

/**
 * A piece of memory that encoded entries are appended to, one behind the other. What several readers lack is then one
 * slice of it, made without copying and shared by all sockets that still hold it.
 */
interface Slab {
  readonly bytes: Buffer;
  used: number;
  /** The ordinal behind its last entry. */
  endOrdinal: number;
}

/** An event, or the announcement that a new epoch begins here. */
export interface RingEntry {
  /** Where a reader stands that has this entry. */
  readonly position: Position;
  readonly content: { readonly kind: 'event'; readonly event: LaneEvent } | { readonly kind: 'reset'; readonly reason: ResetReason };
  readonly slab: Slab;
  /** Where its chunk begins. */
  readonly start: number;
  /** Behind the id line. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** Behind its chunk. */
  readonly end: number;
  /** Bytes appended to the ring before it. */
  readonly offset: number;
}

/** Entries that a reader can be given in one write. */
export interface Batch {
  readonly bytes: Buffer;
  /** The reader's next ordinal. */
  readonly next: number;
}

const FIRST_SLAB_BYTES = 4 * 1024;

/** Also about the longest write: longer ones gain nothing, and what a socket has taken must be kept until it is sent. */
const MAX_SLAB_BYTES = 128 * 1024;

/** Small events are bounded by their number: an entry takes a few hundred bytes besides its text. */
const MAX_ENTRIES = 16_384;

/**
 * The newest entries of one channel, encoded once for all streams. Each entry is a chunk of its own (RFC 9112, 7.1), so that
 * any run of entries is a run of whole chunks, and can be sent as it is. Every reader holds an **ordinal**, the number of
 * entries ever appended before the one it wants next: that one number is its place in the shared log, what it lacks,
 * and the test whether it is too far behind.
 */
export class Ring {
  readonly #channel: string;
  readonly #entries: RingEntry[] = [];
  /** The ordinal of the first entry kept. */
  #start = 0;
  #appendedBytes = 0;
  #slab: Slab = newSlab(0, 0);
  #floor: Position;
  /** The ordinal of the first entry of the current epoch. */
  #epochStart = 0;
  #batch: { readonly from: number; readonly end: number; readonly batch: Batch } | undefined;

  constructor(channel: string, floor: Position) {
    this.#channel = channel;
    this.#floor = floor;
  }

  /** The ordinal of the first entry kept. */
  get start(): number {
    return this.#start;
  }

  /** Where a reader has to stand at least to be served from here. */
  get floor(): Position {
    return this.#floor;
  }

  /** The ordinal that the next entry will get. */
  get end(): number {
    return this.#start + this.#entries.length;
  }

  /** Encoded bytes kept. The entries' own objects and text take about two times as much again. */
  get bytes(): number {
    return this.bytesFrom(this.#start);
  }

  /** How many bytes a reader lacks that wants this ordinal next. */
  bytesFrom(ordinal: number): number {
    const entry = this.#entries[Math.max(ordinal, this.#start) - this.#start];
    return entry === undefined ? 0 : this.#appendedBytes - entry.offset;
  }

  append(event: LaneEvent): void {
    this.#append(event, { kind: 'event', event }, eventBody(event));
  }

  /** Begins anew at a position that has nothing to do with what came before: readers get the reset in its place. */
  reset(position: Position, reason: ResetReason): void {
    this.#append(position, { kind: 'reset', reason }, resetBody({ channel: this.#channel, reason }));
    this.#epochStart = this.end;
    this.#floor = position;
  }

  #append(position: Position, content: RingEntry['content'], body: string): void {
    const id = idLine(formatPosition(position));
    const frameBytes = id.length + Buffer.byteLength(body);
    const head = chunkHead(frameBytes) + id;
    const bytes = head.length - id.length + frameBytes + CHUNK_END.length;
    const slab = this.#slabWithRoomFor(bytes);
    const start = slab.used;
    const bodyStart = start + slab.bytes.write(head, start, 'latin1');
    const bodyEnd = bodyStart + slab.bytes.write(body, bodyStart);
    const end = endChunk(slab.bytes, bodyEnd);
    slab.used = end;
    this.#entries.push({ position, content, slab, start, bodyStart, bodyEnd, end, offset: this.#appendedBytes });
    slab.endOrdinal = this.end;
    this.#appendedBytes += bytes;
  }

  #slabWithRoomFor(bytes: number): Slab {
    if (this.#slab.bytes.length - this.#slab.used < bytes) {
      const grown = Math.min(Math.max(this.#slab.bytes.length * 2, FIRST_SLAB_BYTES), MAX_SLAB_BYTES);
      this.#slab = newSlab(Math.max(grown, bytes), this.end);
    }
    return this.#slab;
  }

  /** The next ordinal of a reader that has everything up to `position`; undefined when the ring does not reach back to it. */
  find(position: Position): number | undefined {
    if (position.epoch !== this.#floor.epoch || position.seq < this.#floor.seq) return undefined;
    let low = Math.max(this.#epochStart, this.#start);
    for (let high = this.end; low < high; ) {
      const middle = (low + high) >>> 1;
      if (this.at(middle).position.seq > position.seq) high = middle;
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
    const batch = { bytes: slab.bytes.subarray(start, slab.used), next: slab.endOrdinal };
    this.#batch = { from: ordinal, end: this.end, batch };
    return batch;
  }

  /**
   * Lets the oldest entries go until the limits are kept, but none from ordinal `offered` on, which some reader may not
   * have been offered yet: only a reader that does not take what it is offered falls out of the ring.
   */
  trim(maxBytes: number, offered: number): void {
    let dropped = 0;
    let bytes = this.bytes;
    const droppable = Math.min(offered, this.end) - this.#start;
    while (dropped < droppable && (bytes > maxBytes || this.#entries.length - dropped > MAX_ENTRIES)) {
      const entry = this.at(this.#start + dropped);
      bytes -= entry.end - entry.start;
      if (this.#start + dropped >= this.#epochStart) this.#floor = entry.position;
      dropped++;
    }
    if (dropped === 0) return;
    this.#entries.splice(0, dropped);
    this.#start += dropped;
    this.#batch = undefined;
  }
}

function newSlab(bytes: number, endOrdinal: number): Slab {
  return { bytes: Buffer.allocUnsafeSlow(bytes), used: 0, endOrdinal };
}
