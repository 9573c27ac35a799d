import type { Logger } from '../../../backbone/telemetry/logger.ts';
import type { ChannelPosition, Cursor } from '../../../packages/protocol/cursor.ts';
import type { ResetReason } from '../../../packages/protocol/index.ts';
import { chunkOf, toChunk } from '../chunked-coding.ts';
import { EXPIRED, encodeOpening, encodeResumption, HEARTBEAT, idLine, resetBody } from '../sse-encoding.ts';
import { type CatchUpOptions, type CatchUpVisitor, catchUp } from './catch-up.ts';
import type { Feed, Reader } from './feed.ts';
import { type MissedEventsOptions, writeMissed } from './missed-events.ts';
import { oneAtATime, type PermitSource } from './permits.ts';
import type { CloseReason, Sink } from './sink.ts';
import { StreamCursor } from './stream-cursor.ts';
import { StreamWriter, type WritingStream } from './stream-writer.ts';

export interface StreamOptions extends CatchUpOptions, MissedEventsOptions {
  readonly logger: Logger;
  readonly maxUnsentBytes: number;
  /** A client that takes nothing of what was written for this long is closed. */
  readonly maxStallMs: number;
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

/** Shared by all streams that open at once. */
const OPENED = Promise.resolve();

/** Shared: streams end by the thousand, and each stack costs more than the rest of it. */
const ENDED = new Error('the stream has ended');

const HEARTBEAT_CHUNK = toChunk(HEARTBEAT);
const EXPIRED_CHUNK = toChunk(EXPIRED);

/**
 * One client's stream over one or more channels. It keeps no queue: whatever it lacks is in the rings of its channels,
 * or in the log.
 */
export class Stream implements Reader, WritingStream {
  readonly #sink: Sink;
  readonly #writer: StreamWriter;
  readonly #principal: string;
  readonly #options: StreamOptions;
  readonly #subscriptions: readonly Subscription[];
  readonly #cursor: StreamCursor;
  #phase: 'opening' | 'catchingUp' | 'live' | 'closed' = 'opening';
  /** Exists only while the stream opens and catches up: most streams are idle, and memory per stream counts. */
  #closing: AbortController | undefined;
  #opened: Promise<void> = OPENED;

  constructor(feeds: readonly Feed[], cursor: Cursor | undefined, sink: Sink, principal: string, options: StreamOptions) {
    this.#sink = sink;
    this.#principal = principal;
    this.#options = options;
    this.#writer = new StreamWriter(this, sink, principal, options);
    this.#subscriptions = feeds.map((feed) => ({ feed, next: undefined, joined: 0 }));
    this.#cursor = new StreamCursor(
      feeds.map(({ channel }) => channel),
      cursor,
    );
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
    const knowsItsPlace = this.#subscriptions.every(({ feed }) => this.#cursor.get(feed.channel) !== undefined);
    for (const { feed } of this.#subscriptions) {
      if (this.#cursor.get(feed.channel) === undefined) this.#cursor.set(feed.channel, feed.position);
    }
    this.#phase = 'catchingUp';
    // The cursor that the client came with, even where it cannot be resumed: should the stream be cut before the
    // reset is through, the client comes back with it and is told again.
    const cursor = this.#cursor.format();
    this.#writer.write(toChunk(knowsItsPlace ? encodeResumption(cursor, retryMs) : encodeOpening(cursor, retryMs)));
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
    this.#writer.releaseSpare();
    // With a single channel the ring's own bytes have the ids, and its ordinal says where the client stands.
    if (this.#subscriptions.length === 1) this.#cursor.forget();
  }

  #fail(error: unknown): void {
    if (this.#phase === 'closed') return;
    this.#options.logger.warn('could not replay', { channels: this.#cursor.channels, error });
    this.close('failed');
  }

  /** The channels side by side: each is live as soon as its ring serves it, whatever the others still wait for. */
  async #catchUpAll(): Promise<void> {
    this.#closing ??= new AbortController();
    const { signal } = this.#closing;
    const turn = this.#subscriptions.length === 1 ? undefined : oneAtATime();
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
      events: (events) => writeMissed(events, this.#writer, this.#cursor, this.#principal, signal, this.#options),
      reset: (reason, position) => this.#writeReset(feed.channel, reason, position, signal),
      wantsMore: async () => {
        await this.#writer.whenRoom(signal);
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

  async #writeReset(channel: string, reason: ResetReason, position: ChannelPosition, signal: AbortSignal): Promise<void> {
    const write = () => this.#writer.write(toChunk(this.#cursor.frame(channel, position, resetBody({ channel, reason }))));
    await this.#writer.whenRoom(signal, write);
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
    if (this.#subscriptions.length > 1) return this.#writeOwnBatch(subscription, next);
    const batch = feed.ring.batchFrom(next);
    if (batch === undefined) return false;
    subscription.next = batch.next;
    this.#options.onDelivered(batch.next - next);
    this.#writer.writeShared(batch.bytes, batch.slab);
    return true;
  }

  /** Frames with a composite id are this stream's own. */
  #writeOwnBatch(subscription: Subscription, from: number): boolean {
    const { ring, channel } = subscription.feed;
    if (from >= ring.end) return false;
    const first = ring.at(from);
    const room = this.#writer.ownRoom(first.bodyEnd - first.bodyStart, this.#cursor);
    if (room === 0) return false;
    const parts: Buffer[] = [];
    let next = from;
    let idBytes = 0;
    for (let bytes = 0; next < ring.end && bytes < room; next++) {
      const { position, slab, bodyStart, bodyEnd } = ring.at(next);
      if (bytes > 0 && bytes + idBytes + bodyEnd - bodyStart > room) break;
      this.#cursor.set(channel, position);
      const id = Buffer.from(idLine(this.#cursor.format()));
      parts.push(id, slab.bytes.subarray(bodyStart, bodyEnd));
      idBytes = id.length;
      bytes += idBytes + bodyEnd - bodyStart;
    }
    subscription.next = next;
    this.#options.onDelivered(next - from);
    this.#writer.writeOwn(chunkOf(parts));
    return true;
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
    this.#writer.releaseTaken();
    this.flush();
    if (this.#sink.bufferedBytes === 0) this.#writer.wakeWaiting();
  }

  /** Called at every tick of the hub: a heartbeat where nothing was written since the last, and the end of clients that take nothing. */
  tick(nowMs: number): void {
    const blockedMs = this.#writer.blockedForMs(nowMs);
    if (blockedMs !== undefined) {
      if (blockedMs >= this.#options.maxStallMs) this.close('slow');
    } else if (this.#phase === 'live' || this.#phase === 'catchingUp') {
      this.#writer.writeIfSilent(HEARTBEAT_CHUNK);
    }
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
    this.#closing?.abort(ENDED);
    this.#writer.end(ENDED);
    this.#options.onClosed(this, reason);
    return true;
  }
}
