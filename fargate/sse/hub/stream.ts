import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import type { Logger } from '../../../backbone/telemetry/logger.ts';
import { type Cursor, formatCursor, type Position } from '../../../packages/protocol/cursor.ts';
import type { ResetReason } from '../../../packages/protocol/index.ts';
import type { Shares } from '../budget/shares.ts';
import type { Turns } from '../budget/turns.ts';
import { chunkOf, toChunk } from '../chunked-coding.ts';
import { EXPIRED, encodeOpening, encodeResumption, eventBody, HEARTBEAT, idLine, resetBody } from '../sse-encoding.ts';
import { type CatchUpOptions, type CatchUpVisitor, catchUp } from './catch-up.ts';
import { eventMemory } from './event-memory.ts';
import type { Feed, Reader } from './feed.ts';
import { OwnBytes, WRITE_BYTES } from './own-bytes.ts';
import { oneAtATime, type PermitSource } from './permits.ts';
import type { CloseReason, Sink } from './sink.ts';
import type { Slab, SlabHolder } from './slab.ts';

export interface StreamOptions extends CatchUpOptions {
  readonly logger: Logger;
  /** Memory of pages and frames that are one client's alone. */
  readonly memory: Shares;
  /** Encoding them. */
  readonly turns: Turns;
  readonly maxUnsentBytes: number;
  /** A client that takes nothing of what was written for this long is closed. */
  readonly maxStallMs: number;
  readonly onDelivered: (events: number) => void;
  /** There was no memory to keep a page of the log until its client has taken it: it is read again. */
  readonly onNoMemory: () => void;
  /** Called once, whoever ended the stream. `reason` is undefined when the client left. */
  readonly onClosed: (stream: Stream, reason: CloseReason | undefined) => void;
}

/** A stream's place in one channel: the one number that says what it has and what it lacks. */
interface Subscription {
  readonly feed: Feed;
  /** The next ordinal of the feed's ring; undefined until the stream has caught up with the ring. */
  next: number | undefined;
  /** The end of the ring when the stream came to it: a client has not been slow with what lies before. */
  joined: number;
}

/** Whether a stream has taken all of a channel that was there when it came. */
function isLive({ next, joined }: Subscription): boolean {
  return next !== undefined && next >= joined;
}

/** What events take that are held in memory. */
function memoryOf(events: readonly ChannelEvent[]): number {
  return events.reduce((bytes, event) => bytes + eventMemory(event), 0);
}

/** By which an id may become longer from one event to the next, and the chunk around it. */
const MORE_DIGITS = 48;

/** Shared by all streams that open at once. */
const OPENED = Promise.resolve();

/** Shared by all streams that need no cursor any more. */
const NOWHERE: Map<string, Position> = new Map();

const HEARTBEAT_CHUNK = toChunk(HEARTBEAT);
const EXPIRED_CHUNK = toChunk(EXPIRED);

/**
 * One client's stream over one or more channels. It keeps no queue: whatever it lacks is in the rings of its channels,
 * or in the log.
 */
export class Stream implements Reader, SlabHolder {
  readonly #sink: Sink;
  readonly #principal: string;
  readonly #options: StreamOptions;
  readonly #channels: readonly string[];
  readonly #subscriptions: readonly Subscription[];
  /** Where the client stands, per channel. */
  #cursor: Map<string, Position>;
  #phase: 'opening' | 'catchingUp' | 'live' | 'closed' = 'opening';
  #wroteSinceTick = false;
  #blockedSinceMs: number | undefined;
  /** Exists only while the stream opens and catches up: most streams are idle, and memory per stream counts. */
  #closing: AbortController | undefined;
  #drained: PromiseWithResolvers<void> | undefined;
  /** Exists once something was written that no other stream shares. */
  #own: OwnBytes | undefined;
  /** The piece of a ring that the client has not taken all of. */
  #slab: Slab | undefined;
  #opened: Promise<void> = OPENED;

  constructor(feeds: readonly Feed[], cursor: Cursor | undefined, sink: Sink, principal: string, options: StreamOptions) {
    this.#sink = sink;
    this.#principal = principal;
    this.#options = options;
    this.#channels = feeds.map(({ channel }) => channel);
    this.#subscriptions = feeds.map((feed) => ({ feed, next: undefined, joined: 0 }));
    this.#cursor = new Map(cursor);
  }

  /** Resolves when the opening is written; rejects when the log did not tell where to start, and then the sink is untouched. */
  get opened(): Promise<void> {
    return this.#opened;
  }

  get feeds(): readonly Feed[] {
    return this.#subscriptions.map(({ feed }) => feed);
  }

  /** Begins to serve the client: at once where all its channels are open here. */
  open(retryMs: number): void {
    if (this.#subscriptions.every(({ feed }) => feed.isOpen)) {
      this.#begin(retryMs);
      return;
    }
    this.#closing = new AbortController();
    this.#opened = this.#openWithFeeds(retryMs);
  }

  async #openWithFeeds(retryMs: number): Promise<void> {
    try {
      await Promise.all(this.#subscriptions.map(({ feed }) => feed.opened));
    } catch (error) {
      // Also where the stream was closed, and its channels with it.
      if (this.#end(undefined)) throw error;
    }
    if (this.#phase !== 'closed') this.#begin(retryMs);
  }

  #begin(retryMs: number): void {
    const knowsItsPlace = this.#subscriptions.every(({ feed }) => this.#cursor.has(feed.channel));
    for (const { feed } of this.#subscriptions) {
      if (!this.#cursor.has(feed.channel)) this.#cursor.set(feed.channel, feed.position);
    }
    this.#phase = 'catchingUp';
    // The cursor that the client came with, even where it cannot be resumed: should the stream be cut before the
    // reset is through, the client comes back with it and is told again.
    const cursor = formatCursor(this.#channels, this.#cursor);
    this.#write(toChunk(knowsItsPlace ? encodeResumption(cursor, retryMs) : encodeOpening(cursor, retryMs)));
    for (const subscription of this.#subscriptions) {
      const { feed } = subscription;
      this.#join(subscription, feed.locate(this.#cursor.get(feed.channel) ?? feed.position));
    }
    if (this.#subscriptions.every(({ next }) => next !== undefined)) this.#goLive();
    else this.#catchUpAll().catch((error) => this.#fail(error));
    this.flush();
  }

  #join(subscription: Subscription, ordinal: number | undefined): void {
    subscription.next = ordinal;
    subscription.joined = subscription.feed.ring.end;
  }

  #goLive(): void {
    this.#phase = 'live';
    this.#closing = undefined;
    // Memory that it has waited for, and does not need as the ring serves it now.
    if (this.#sink.bufferedBytes === 0) this.#own?.release();
    // With a single channel the ring's own bytes have the ids, and its ordinal says where the client stands.
    if (this.#channels.length === 1) this.#cursor = NOWHERE;
  }

  #fail(error: unknown): void {
    if (this.#phase === 'closed') return;
    this.#options.logger.warn('could not replay', { channels: this.#channels, error });
    this.close('failed');
  }

  /** The channels side by side: each is live as soon as its ring serves it, whatever the others still wait for. */
  async #catchUpAll(): Promise<void> {
    this.#closing ??= new AbortController();
    const { signal } = this.#closing;
    const turn = this.#channels.length === 1 ? undefined : oneAtATime();
    const behind = this.#subscriptions.filter(({ next }) => next === undefined);
    await Promise.all(behind.map((subscription) => this.#catchUp(subscription, turn, signal)));
    if (this.#phase !== 'closed') this.#goLive();
  }

  async #catchUp(subscription: Subscription, turn: PermitSource | undefined, signal: AbortSignal): Promise<void> {
    const { feed } = subscription;
    const from = this.#cursor.get(feed.channel) ?? feed.position;
    const visitor: CatchUpVisitor = {
      principal: this.#principal,
      turn,
      events: (events) => this.#writeMissed(events, signal),
      reset: (reason, position) => this.#writeReset(feed.channel, reason, position, signal),
      wantsMore: async () => {
        await this.#whenRoom(signal);
        return true;
      },
      feedIsBehind: async () => {
        await feed.advanced(signal);
        return true;
      },
    };
    this.#join(subscription, await catchUp(feed, from, visitor, signal, this.#options));
    this.flush();
  }

  /**
   * Writes events of a page of the log. What the client has no room for is kept as long as there is memory for it, and given up
   * otherwise: it is read again then.
   * @returns how many were written
   */
  async #writeMissed(events: readonly ChannelEvent[], signal: AbortSignal): Promise<number> {
    const { memory, turns } = this.#options;
    let isRevoked = false;
    const revoke = () => {
      isRevoked = true;
      // Wakes whoever waits for room with a page in hand.
      this.#wakeWaiting();
    };
    const kept = memory.reserve(this.#principal, memoryOf(events), revoke);
    if (kept === undefined) {
      this.#options.onNoMemory();
      return this.#writeSome(events, 0);
    }
    try {
      let written = 0;
      // A page is not kept while memory is waited for: that may be the very memory which is missing.
      while (written < events.length && !isRevoked && this.#own?.isWaiting !== true) {
        await this.#whenRoom(signal, undefined, () => isRevoked);
        written = await turns.forPage(this.#principal, () => (signal.aborted ? written : this.#writeSome(events, written)));
      }
      return written;
    } finally {
      kept.release();
    }
  }

  /** @returns the index of the first event that did not fit into the write */
  #writeSome(events: readonly ChannelEvent[], from: number): number {
    if (this.#sink.bufferedBytes > 0) return from;
    const frames: string[] = [];
    let room = 0;
    let bytes = 0;
    let idBytes = 0;
    for (const event of events.slice(from)) {
      // Nothing is encoded in vain: UTF-8 has at least one byte for each character.
      if (frames.length > 0 && bytes + idBytes + event.data.length > room) break;
      const body = eventBody(event);
      const size = Buffer.byteLength(body);
      if (frames.length === 0) room = this.#ownRoom(size);
      if (bytes + idBytes + size > room) break;
      const frame = this.#frame(event.channel, event, body);
      frames.push(frame);
      idBytes = frame.length - body.length;
      bytes += idBytes + size;
    }
    if (frames.length === 0) return from;
    this.#writeOwn(toChunk(frames.join('')));
    this.#options.onDelivered(frames.length);
    return from + frames.length;
  }

  async #writeReset(channel: string, reason: ResetReason, position: Position, signal: AbortSignal): Promise<void> {
    await this.#whenRoom(signal, () => this.#write(toChunk(this.#frame(channel, position, resetBody({ channel, reason })))));
  }

  /**
   * A whole frame; the client stands at `position` of the channel once it has it. Its id says where the client stands in
   * the other channels too, so it is made when it is written and not before.
   */
  #frame(channel: string, position: Position, body: string): string {
    this.#cursor.set(channel, position);
    return idLine(formatCursor(this.#channels, this.#cursor)) + body;
  }

  /**
   * Writes at once when the client has taken what was written before: other channels write too. Rejects when the stream ends.
   * @param isOver asked again after {@link #wakeWaiting}: there is no use in waiting any more
   */
  async #whenRoom(signal: AbortSignal, write?: () => void, isOver: () => boolean = () => false): Promise<void> {
    signal.throwIfAborted();
    while (!isOver() && (this.#sink.bufferedBytes > 0 || this.#own?.isWaiting === true)) {
      this.#drained ??= Promise.withResolvers();
      await this.#drained.promise;
      signal.throwIfAborted();
    }
    write?.();
  }

  /** Writes all that the client lacks in the channels that are served from their rings, unless it has not taken yet what was written before. */
  flush(): void {
    if (this.#phase !== 'live' && this.#phase !== 'catchingUp') return;
    if (this.#sink.bufferedBytes > 0) {
      this.#closeIfSlow();
      return;
    }
    // Live events go first: a client that cannot take them is slow, and any other leaves room for what it has missed.
    for (const subscription of this.#subscriptions) if (isLive(subscription) && !this.#writeAll(subscription)) return;
    for (const subscription of this.#subscriptions) if (!isLive(subscription) && !this.#writeAll(subscription)) return;
  }

  /** @returns whether there is room for more */
  #writeAll(subscription: Subscription): boolean {
    const { next, feed } = subscription;
    if (next === undefined) return true;
    // Only a client that did not take what it was offered can be that far behind.
    if (next < feed.ring.start) {
      this.close('slow');
      return false;
    }
    while (this.#writeBatch(subscription)) if (this.#sink.bufferedBytes > 0) return false;
    return true;
  }

  #writeBatch(subscription: Subscription): boolean {
    const { feed, next } = subscription;
    if (next === undefined) return false;
    if (this.#channels.length > 1) return this.#writeOwnBatch(subscription, next);
    const batch = feed.ring.batchFrom(next);
    if (batch === undefined) return false;
    subscription.next = batch.next;
    this.#options.onDelivered(batch.next - next);
    this.#write(batch.bytes);
    if (this.#sink.bufferedBytes > 0) this.#holdSlab(batch.slab);
    return true;
  }

  /** Frames with a composite id are this stream's own. */
  #writeOwnBatch(subscription: Subscription, from: number): boolean {
    const { ring, channel } = subscription.feed;
    if (from >= ring.end) return false;
    const first = ring.at(from);
    const room = this.#ownRoom(first.bodyEnd - first.bodyStart);
    if (room === 0) return false;
    const parts: Buffer[] = [];
    let next = from;
    let idBytes = 0;
    for (let bytes = 0; next < ring.end && bytes < room; next++) {
      const { position, slab, bodyStart, bodyEnd } = ring.at(next);
      if (bytes > 0 && bytes + idBytes + bodyEnd - bodyStart > room) break;
      this.#cursor.set(channel, position);
      const id = Buffer.from(idLine(formatCursor(this.#channels, this.#cursor)));
      parts.push(id, slab.bytes.subarray(bodyStart, bodyEnd));
      idBytes = id.length;
      bytes += idBytes + bodyEnd - bodyStart;
    }
    subscription.next = next;
    this.#options.onDelivered(next - from);
    this.#writeOwn(chunkOf(parts));
    return true;
  }

  /** How much may be written that no other stream shares, at least a frame with so much behind its id; 0 while there is no memory for it. */
  #ownRoom(bodyBytes: number): number {
    const atLeast = Math.max(bodyBytes, WRITE_BYTES);
    if (this.#options.memory.isPlenty(atLeast)) return atLeast;
    const idBytes = idLine(formatCursor(this.#channels, this.#cursor)).length;
    return this.#ownBytes.room(idBytes + MORE_DIGITS + bodyBytes);
  }

  get #ownBytes(): OwnBytes {
    this.#own ??= new OwnBytes({
      memory: this.#options.memory,
      principal: this.#principal,
      onRoom: () => this.wake(),
      onRevoked: () => {
        if (this.#sink.bufferedBytes > 0) this.close('slow');
      },
    });
    return this.#own;
  }

  /** Writes what no other stream shares. */
  #writeOwn(bytes: Buffer): void {
    this.#write(bytes);
    if (this.#sink.bufferedBytes > 0) this.#ownBytes.hold(bytes.length);
    else this.#own?.release();
  }

  #write(bytes: Buffer): void {
    this.#wroteSinceTick = true;
    this.#sink.write(bytes);
    if (this.#sink.bufferedBytes > 0) this.#blockedSinceMs ??= this.#options.clock.nowMs();
  }

  #holdSlab(slab: Slab): void {
    this.#slab = slab;
    slab.hold(this);
  }

  /** The ring has let a piece go that only clients hold which have not taken it: this one answers for it. */
  answerForSlab(bytes: number): void {
    const { memory } = this.#options;
    if (memory.heldBy(this.#principal) + bytes > memory.shareOf(this.#principal)) this.close('slow');
    else this.#ownBytes.hold(bytes);
  }

  #releaseHeld(): void {
    this.#own?.release();
    this.#slab?.release(this);
    this.#slab = undefined;
  }

  #closeIfSlow(): void {
    let unsent = 0;
    let leftRing = false;
    let isLiveEverywhere = true;
    for (const { feed, next, joined } of this.#subscriptions) {
      if (next === undefined) continue;
      leftRing ||= next < feed.ring.start;
      isLiveEverywhere &&= next >= joined;
      unsent += feed.ring.bytesFrom(Math.max(next, joined));
    }
    if (isLiveEverywhere) unsent += this.#sink.bufferedBytes;
    if (leftRing || unsent > this.#options.maxUnsentBytes) this.close('slow');
  }

  /** The sink has nothing buffered any more. */
  wake(): void {
    if (this.#sink.bufferedBytes === 0 && this.#blockedSinceMs !== undefined) {
      this.#blockedSinceMs = undefined;
      this.#releaseHeld();
    }
    this.flush();
    if (this.#sink.bufferedBytes === 0) this.#wakeWaiting();
  }

  #wakeWaiting(): void {
    this.#drained?.resolve();
    this.#drained = undefined;
  }

  /** Called at every tick of the hub: a heartbeat where nothing was written since the last, and the end of clients that take nothing. */
  tick(nowMs: number): void {
    if (this.#blockedSinceMs !== undefined) {
      if (nowMs - this.#blockedSinceMs >= this.#options.maxStallMs) this.close('slow');
      return;
    }
    if (!this.#wroteSinceTick && (this.#phase === 'live' || this.#phase === 'catchingUp')) this.#write(HEARTBEAT_CHUNK);
    this.#wroteSinceTick = false;
  }

  /** The client may read no longer: tells it so, and ends the stream. One that is still opening is met again. */
  expire(): boolean {
    if (this.#phase === 'opening') return false;
    if (this.#phase !== 'closed') this.#sink.write(EXPIRED_CHUNK);
    this.close('expired');
    return true;
  }

  /** The hub ends the stream. */
  close(reason: CloseReason): void {
    if (!this.#end(reason)) return;
    this.#sink.close(reason);
  }

  /** The client has left. */
  detach(): void {
    this.#end(undefined);
  }

  #end(reason: CloseReason | undefined): boolean {
    if (this.#phase === 'closed') return false;
    this.#phase = 'closed';
    this.#closing?.abort(new Error('the stream has ended'));
    this.#drained?.reject(new Error('the stream has ended'));
    this.#releaseHeld();
    this.#own?.close();
    this.#options.onClosed(this, reason);
    return true;
  }
}
