import { isOutdated, type LatestEvent } from '../../../../backbone/domain/latest-event.ts';
import type { Clock, LatestStore } from '../../../../backbone/ports.ts';
import type { Reservation, Shares } from '../../budget/shares.ts';
import { chunkOf } from '../../chunked-coding.ts';
import { FEED_CLOSED } from '../feed.ts';
import { nextFlush } from '../next-flush.ts';
import type { PermitSource } from '../permits.ts';
import { LatestState } from './latest-state.ts';

/** A stream, or a waiting poll. */
export interface LatestReader {
  /** There may be something new. */
  flush(): void;
  /** The channel has lost its place or its memory to somebody who uses less. */
  evicted(): void;
}

export interface LatestFeedOptions {
  readonly store: LatestStore;
  readonly clock: Clock;
  /** Memory of all such channels. */
  readonly latest: Shares;
  /** Called when something has changed: the readers are to be served. */
  readonly onChanged: (feed: LatestFeed) => void;
  /** Frees memory that nobody uses. */
  readonly makeRoom: () => void;
}

/** What a stream writes next. */
export interface LatestBatch {
  /** A chunk. */
  readonly bytes: Buffer;
  /** How many entries are in it. */
  readonly entries: number;
}

interface SharedBatch extends LatestBatch {
  /** What the stream has after it. */
  readonly next: number;
  /** What it had to fit into. */
  readonly room: number;
}

/** Memory is reserved in steps. */
const STEP_BYTES = 64 * 1024;

/** A key that was published this long ago and that the table does not have was lost: no read is that far behind. */
const LOST_AFTER_MS = 60_000;

/** What streams share in one pass, each part at most one write. */
const MAX_SHARED = 16;

/** One `latest` channel as this task sees it. */
export class LatestFeed {
  readonly channel: string;
  readonly state = new LatestState();
  readonly readers = new Set<LatestReader>();
  /** Streams and polls that have acquired the feed. */
  users = 0;
  /** Resolves when the state is that of the table; rejects if the table cannot be read or the feed is closed. */
  readonly opened: Promise<void>;
  readonly #options: LatestFeedOptions;
  readonly #principal: string;
  readonly #closing = new AbortController();
  /** Exists during a pass. */
  #shared: Map<number, SharedBatch> | undefined;
  #reservation: Reservation | undefined;
  #isOpen = false;

  /** @param principal whose share of the memory it takes */
  constructor(channel: string, principal: string, reads: PermitSource, options: LatestFeedOptions) {
    this.channel = channel;
    this.#principal = principal;
    this.#options = options;
    this.opened = this.#open(reads);
    // Perhaps nobody is waiting.
    this.opened.catch(() => {});
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Aborts when the task does not follow the channel any more. */
  get closed(): AbortSignal {
    return this.#closing.signal;
  }

  /** Takes a notification. @returns whether it was news */
  offer(event: LatestEvent): boolean {
    const nowMs = this.#options.clock.nowMs();
    if (isOutdated(event, nowMs) || !this.state.apply(event, nowMs)) return false;
    this.#changed();
    return true;
  }

  /** Finds what notifications have not told, and what has expired. */
  async compare(): Promise<void> {
    const { store, clock } = this.#options;
    const askedAtMs = clock.nowMs();
    const events = await store.read(this.channel, 'eventual');
    if (this.#closing.signal.aborted) return;
    const nowMs = clock.nowMs();
    const found = events.filter((event) => this.state.apply(event, nowMs)).length > 0;
    const lost = this.state.endMissing(new Set(events.map(({ key }) => key)), askedAtMs - LOST_AFTER_MS, nowMs);
    const ended = this.state.sweep(nowMs);
    if (found || lost || ended) this.#changed();
  }

  /** Resolves when something changes; rejects with the signal's reason, or if the feed is closed. */
  changed(signal: AbortSignal): Promise<void> {
    return nextFlush(this.readers, AbortSignal.any([signal, this.#closing.signal]));
  }

  /** A pass over the readers begins: those that are equally far behind share what they write. */
  beginPass(): void {
    this.#shared = new Map();
  }

  endPass(): void {
    this.#shared = undefined;
  }

  /** What has changed after an ordinal, at most about `room` bytes and at least one entry. */
  batchAfter(ordinal: number, room: number): SharedBatch | undefined {
    const shared = this.#shared?.get(ordinal);
    if (shared !== undefined && shared.room <= room) return shared;
    const batch = this.#makeBatch(ordinal, room);
    if (batch !== undefined && this.#shared !== undefined && this.#shared.size < MAX_SHARED) this.#shared.set(ordinal, batch);
    return batch;
  }

  close(): void {
    this.#closing.abort(FEED_CLOSED);
    this.#reservation?.release();
  }

  /** Closes the feed and its readers, because others need what it takes. */
  evict(): void {
    this.close();
    for (const reader of [...this.readers]) reader.evicted();
  }

  #makeBatch(ordinal: number, room: number): SharedBatch | undefined {
    const parts: Buffer[] = [];
    let bytes = 0;
    let next = ordinal;
    for (const slot of this.state.changedAfter(ordinal)) {
      const frame = slot.frame();
      if (parts.length > 0 && bytes + frame.length > room) break;
      parts.push(frame);
      bytes += frame.length;
      next = slot.ordinal;
    }
    return parts.length === 0 ? undefined : { bytes: chunkOf(parts), entries: parts.length, next, room };
  }

  async #open(reads: PermitSource): Promise<void> {
    const { store, clock } = this.#options;
    const { signal } = this.#closing;
    const release = await reads.acquire(signal);
    const events = await store.read(this.channel, 'strong').finally(release);
    signal.throwIfAborted();
    for (const event of events) this.state.apply(event, clock.nowMs());
    this.#reserve();
    signal.throwIfAborted();
    this.#isOpen = true;
  }

  #changed(): void {
    this.#reserve();
    if (!this.#closing.signal.aborted) this.#options.onChanged(this);
  }

  #reserve(): void {
    const { latest, makeRoom } = this.#options;
    const held = this.#reservation?.amount ?? 0;
    const needed = Math.ceil(this.state.memoryBytes / STEP_BYTES) * STEP_BYTES;
    if (needed <= held) return;
    const take = () => {
      if (this.#reservation !== undefined) return this.#reservation.resize(needed);
      this.#reservation = latest.reserve(this.#principal, needed, () => this.evict());
      return this.#reservation !== undefined;
    };
    if (take()) return;
    makeRoom();
    if (!take()) this.evict();
  }
}
