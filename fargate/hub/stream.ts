import { type Cursor, formatCursor, type Position } from '../../backbone/domain/cursor.ts';
import type { LaneEvent } from '../../backbone/domain/event.ts';
import type { ResetReason } from '../../backbone/protocol.ts';
import type { Logger } from '../../backbone/telemetry/logger.ts';
import { chunkOf, toChunk } from '../chunked-coding.ts';
import { EXPIRED, encodeOpening, encodeResumption, eventBody, HEARTBEAT, idLine, resetBody } from '../sse-encoding.ts';
import { type CatchUpOptions, type CatchUpVisitor, catchUp } from './catch-up.ts';
import type { Feed, Reader } from './feed.ts';
import { oneAtATime } from './permits.ts';
import type { CloseReason, Sink } from './sink.ts';

export interface StreamOptions extends CatchUpOptions {
  readonly logger: Logger;
  readonly maxUnsentBytes: number;
  /** A client that takes nothing of what was written for this long is closed. */
  readonly maxStallMs: number;
  readonly onDelivered: (events: number) => void;
  /** Called once, whoever ended the stream. `reason` is undefined when the client left. */
  readonly onClosed: (stream: Stream, reason: CloseReason | undefined) => void;
}

/** A stream's place in one channel: the one number that says what it has and what it lacks. */
interface Subscription {
  readonly feed: Feed;
  /** The next ordinal of the feed's ring; undefined until the stream has caught up with the ring. */
  next: number | undefined;
}

/** Shared by all streams that open at once. */
const OPENED = Promise.resolve();

/** Shared by all streams that need no cursor any more. */
const NOWHERE: Map<string, Position> = new Map();

const HEARTBEAT_CHUNK = toChunk(HEARTBEAT);
const EXPIRED_CHUNK = toChunk(EXPIRED);

/** About how much is encoded into one write where a stream cannot share the ring's bytes. */
const WRITE_BYTES = 64 * 1024;

/**
 * One client's stream over one or more channels. It keeps no queue: whatever it lacks is in the rings of its channels,
 * or in the log.
 */
export class Stream implements Reader {
  readonly #sink: Sink;
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
  #opened: Promise<void> = OPENED;

  constructor(feeds: readonly Feed[], cursor: Cursor | undefined, sink: Sink, options: StreamOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#channels = feeds.map(({ channel }) => channel);
    this.#subscriptions = feeds.map((feed) => ({ feed, next: undefined }));
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
      this.#end(undefined);
      throw error;
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
      subscription.next = subscription.feed.locate(this.#cursor.get(subscription.feed.channel) ?? subscription.feed.position);
    }
    if (this.#subscriptions.every(({ next }) => next !== undefined)) this.#goLive();
    else this.#catchUpAll().catch((error) => this.#fail(error));
    this.flush();
  }

  #goLive(): void {
    this.#phase = 'live';
    this.#closing = undefined;
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
    // Were each to replay for itself, two streams could take all permits there are.
    const options = this.#channels.length === 1 ? this.#options : { ...this.#options, permits: oneAtATime(this.#options.permits) };
    const behind = this.#subscriptions.filter(({ next }) => next === undefined);
    await Promise.all(behind.map((subscription) => this.#catchUp(subscription, signal, options)));
    if (this.#phase !== 'closed') this.#goLive();
  }

  async #catchUp(subscription: Subscription, signal: AbortSignal, options: CatchUpOptions): Promise<void> {
    const { feed } = subscription;
    const from = this.#cursor.get(feed.channel) ?? feed.position;
    const visitor: CatchUpVisitor = {
      events: (events) => this.#writeMissed(events, signal),
      reset: (reason, position) => this.#writeReset(feed.channel, reason, position, signal),
      feedIsBehind: async () => {
        await feed.advanced(signal);
        return true;
      },
    };
    subscription.next = await catchUp(feed, from, visitor, signal, options);
    this.flush();
  }

  async #writeMissed(events: readonly LaneEvent[], signal: AbortSignal): Promise<boolean> {
    for (let written = 0; written < events.length; ) {
      await this.#whenRoom(signal, () => {
        written = this.#writeSome(events, written);
      });
    }
    await this.#whenRoom(signal);
    return true;
  }

  /** @returns the index of the first event that did not fit into the write */
  #writeSome(events: readonly LaneEvent[], from: number): number {
    const frames: string[] = [];
    let chars = 0;
    for (const event of events.slice(from)) {
      if (chars >= WRITE_BYTES) break;
      const frame = this.#frame(event.channel, event, eventBody(event));
      frames.push(frame);
      chars += frame.length;
    }
    this.#write(toChunk(frames.join('')));
    this.#options.onDelivered(frames.length);
    return from + frames.length;
  }

  async #writeReset(channel: string, reason: ResetReason, position: Position, signal: AbortSignal): Promise<boolean> {
    await this.#whenRoom(signal, () => this.#write(toChunk(this.#frame(channel, position, resetBody({ channel, reason })))));
    await this.#whenRoom(signal);
    return true;
  }

  /**
   * A whole frame; the client stands at `position` of the channel once it has it. Its id says where the client stands in
   * the other channels too, so it is made when it is written and not before.
   */
  #frame(channel: string, position: Position, body: string): string {
    this.#cursor.set(channel, position);
    return idLine(formatCursor(this.#channels, this.#cursor)) + body;
  }

  /** Writes at once when the client has taken what was written before: other channels write too. Rejects when the stream ends. */
  async #whenRoom(signal: AbortSignal, write?: () => void): Promise<void> {
    signal.throwIfAborted();
    while (this.#sink.bufferedBytes > 0) {
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
    for (const subscription of this.#subscriptions) {
      const { next, feed } = subscription;
      if (next === undefined) continue;
      // Only a client that did not take what it was offered can be that far behind.
      if (next < feed.ring.start) {
        this.close('slow');
        return;
      }
      while (this.#writeBatch(subscription)) if (this.#sink.bufferedBytes > 0) return;
    }
  }

  #writeBatch(subscription: Subscription): boolean {
    const { feed, next } = subscription;
    if (next === undefined) return false;
    const batch = this.#channels.length === 1 ? feed.ring.batchFrom(next) : this.#ownBatch(feed, next);
    if (batch === undefined) return false;
    subscription.next = batch.next;
    this.#options.onDelivered(batch.next - next);
    this.#write(batch.bytes);
    return true;
  }

  /** Frames with a composite id are this stream's own. */
  #ownBatch(feed: Feed, from: number) {
    const { ring, channel } = feed;
    if (from >= ring.end) return undefined;
    const parts: Buffer[] = [];
    let next = from;
    for (let bytes = 0; next < ring.end && bytes < WRITE_BYTES; next++) {
      const { position, slab, bodyStart, bodyEnd } = ring.at(next);
      this.#cursor.set(channel, position);
      parts.push(Buffer.from(idLine(formatCursor(this.#channels, this.#cursor))), slab.bytes.subarray(bodyStart, bodyEnd));
      bytes += bodyEnd - bodyStart;
    }
    return { bytes: chunkOf(parts), next };
  }

  #write(bytes: Buffer): void {
    this.#wroteSinceTick = true;
    this.#sink.write(bytes);
    if (this.#sink.bufferedBytes > 0) this.#blockedSinceMs ??= this.#options.clock.nowMs();
  }

  #closeIfSlow(): void {
    let unsent = this.#sink.bufferedBytes;
    let leftRing = false;
    for (const { feed, next } of this.#subscriptions) {
      if (next === undefined) continue;
      leftRing ||= next < feed.ring.start;
      unsent += feed.ring.bytesFrom(next);
    }
    if (leftRing || unsent > this.#options.maxUnsentBytes) this.close('slow');
  }

  /** The sink has nothing buffered any more. */
  wake(): void {
    this.#blockedSinceMs = undefined;
    // Live events go first: a client that cannot take them is slow, and any other leaves room for what it has missed.
    this.flush();
    if (this.#sink.bufferedBytes > 0) return;
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
    this.#options.onClosed(this, reason);
    return true;
  }
}
