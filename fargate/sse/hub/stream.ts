import type { EphemeralEvent } from '../../../backbone/domain/ephemeral-event.ts';
import type { Logger } from '../../../backbone/telemetry/logger.ts';
import type { ChannelPosition } from '../../../packages/protocol/cursor.ts';
import type { ResetReason } from '../../../packages/protocol/index.ts';
import { chunkOf, toChunk } from '../chunked-coding.ts';
import { EXPIRED, encodeOpening, encodeResumption, encodeRetry, HEARTBEAT, idLine, resetBody } from '../sse-encoding.ts';
import { placesBeforeLast } from './before-last.ts';
import { type CatchUpOptions, type CatchUpVisitor, catchUp } from './catch-up.ts';
import type { EphemeralFeed, EphemeralListener } from './ephemeral/ephemeral-feed.ts';
import type { Feed, Reader } from './feed.ts';
import type { Followed, Start } from './followed.ts';
import type { LatestReader } from './latest/latest-feed.ts';
import { LatestPlace } from './latest/latest-place.ts';
import { type MissedEventsOptions, writeMissed } from './missed-events.ts';
import { oneAtATime, type PermitSource } from './permits.ts';
import type { PresenceStream, StreamPresence } from './presence/stream-presence.ts';
import type { CloseReason, Sink } from './sink.ts';
import { StreamCursor } from './stream-cursor.ts';
import { StreamWriter, type WritingStream } from './stream-writer.ts';

export interface StreamOptions extends CatchUpOptions, MissedEventsOptions {
  readonly logger: Logger;
  readonly maxUnsentBytes: number;
  /** A client that takes nothing of what was written for this long is closed. */
  readonly maxStallMs: number;
  /** Called once, whoever ended the stream. `reason` is undefined if the client left. */
  readonly onClosed: (stream: Stream, reason: CloseReason | undefined) => void;
}

/** A stream's place in one channel: one number that tells what it has and what it lacks. */
interface Subscription {
  readonly feed: Feed;
  /** The next ordinal of the feed's ring; undefined until the stream has caught up with the ring. */
  next: number | undefined;
  /**
   * The end of the ring when the stream reached it: entries before it do not count when deciding whether the
   * client is slow.
   */
  joined: number;
}

/** How the stream's first frame is written. */
interface Opening {
  readonly retryMs: number;
  /** Whether the client came with a position in every channel. */
  readonly knowsItsPlace: boolean;
}

/** Whether a stream has taken everything that was in the channel when it joined. */
function isLive({ next, joined }: Subscription): boolean {
  return next !== undefined && next >= joined;
}

/** Shared by all streams that open at once. */
const OPENED = Promise.resolve();

/** Shared: thousands of streams end, and capturing a stack for each would cost more than the rest of it. */
const ENDED = new Error('the stream has ended');

/** The largest entry of a `latest` channel as an event of a stream, unless its data is full of escapes. */
const LATEST_FRAME_BYTES = 8 * 1024;

const HEARTBEAT_CHUNK = toChunk(HEARTBEAT);
const EXPIRED_CHUNK = toChunk(EXPIRED);

/**
 * One client's stream over one or more channels. It has no queue: whatever it lacks is in the rings of its
 * channels, or in the log.
 */
export class Stream implements Reader, LatestReader, EphemeralListener, PresenceStream, WritingStream {
  readonly #sink: Sink;
  readonly #writer: StreamWriter;
  readonly #principal: string;
  readonly #options: StreamOptions;
  readonly #subscriptions: readonly Subscription[];
  readonly #latest: readonly LatestPlace[];
  readonly #states: ReadonlyMap<string, string> | undefined;
  readonly #ephemeral: readonly EphemeralFeed[];
  /** Undefined if the stream does not follow who is present. */
  readonly #presence: StreamPresence | undefined;
  /** Whether ids name their channels. Otherwise the rings' own bytes contain them. */
  readonly #isComposite: boolean;
  readonly #cursor: StreamCursor;
  #phase: 'opening' | 'catchingUp' | 'live' | 'closed' = 'opening';
  /**
   * Exists only while the stream opens and catches up: most streams are idle, and memory per stream matters.
   */
  #closing: AbortController | undefined;
  #opened: Promise<void> = OPENED;

  constructor(
    followed: Followed,
    { cursor, states, ids }: Start,
    sink: Sink,
    principal: string,
    options: StreamOptions,
    presence?: StreamPresence,
  ) {
    const { channels, feeds, latest, ephemeral } = followed;
    this.#sink = sink;
    this.#principal = principal;
    this.#options = options;
    this.#writer = new StreamWriter(this, sink, principal, options);
    this.#subscriptions = feeds.map((feed) => ({ feed, next: undefined, joined: 0 }));
    this.#latest = latest.map((feed) => new LatestPlace(feed));
    this.#states = states;
    this.#ephemeral = ephemeral;
    this.#presence = presence;
    this.#isComposite = channels.length > 1;
    this.#cursor = new StreamCursor(channels, cursor, ids);
  }

  /**
   * Resolves when the opening was written. Rejects if the log could not tell where to start; the sink is then
   * untouched.
   */
  get opened(): Promise<void> {
    return this.#opened;
  }

  /** What it has acquired. */
  get followed(): Omit<Followed, 'channels'> {
    const feeds = this.#subscriptions.map(({ feed }) => feed);
    return { feeds, latest: this.#latest.map(({ feed }) => feed), ephemeral: this.#ephemeral };
  }

  /**
   * Starts serving the client: at once if all its channels are open on this task, and no place has to be looked for.
   * @param last channels in which the client has no place begin with this many of their last events
   */
  open(retryMs: number, last?: number): void {
    const unplaced = this.#subscriptions.map(({ feed }) => feed).filter(({ channel }) => this.#cursor.get(channel) === undefined);
    const opening = { retryMs, knowsItsPlace: unplaced.length === 0 };
    const begins = last === undefined ? [] : unplaced;
    if (begins.length === 0 && [...this.#subscriptions, ...this.#latest].every(({ feed }) => feed.isOpen)) {
      this.#begin(opening);
      return;
    }
    this.#closing = new AbortController();
    this.#opened = this.#openWithFeeds(opening, begins, last ?? 0, this.#closing.signal);
  }

  async #openWithFeeds(opening: Opening, begins: readonly Feed[], last: number, signal: AbortSignal): Promise<void> {
    try {
      await Promise.all([...this.#subscriptions, ...this.#latest].map(({ feed }) => feed.opened));
      const places = await placesBeforeLast(begins, last, { principal: this.#principal }, signal, this.#options);
      for (const [channel, position] of places) this.#cursor.set(channel, position);
    } catch (error) {
      // `opened` also rejects if the stream and its channels were closed in the meantime; that is no error of
      // the stream.
      if (this.#end(undefined)) throw error;
    }
    if (this.#phase !== 'closed') this.#begin(opening);
  }

  #begin(opening: Opening): void {
    for (const { feed } of this.#subscriptions) {
      if (this.#cursor.get(feed.channel) === undefined) this.#cursor.set(feed.channel, feed.position);
    }
    this.#phase = 'catchingUp';
    this.#writer.write(toChunk(this.#encode(opening)));
    for (const feed of this.#ephemeral) feed.listeners.add(this);
    for (const place of this.#latest) place.begin(this.#states?.get(place.feed.channel));
    for (const subscription of this.#subscriptions) {
      const { feed } = subscription;
      this.#join(subscription, feed.locate(this.#cursor.get(feed.channel) ?? feed.position));
    }
    if (this.#subscriptions.every(({ next }) => next !== undefined)) this.#goLive();
    else this.#catchUpAll().catch((error) => this.#fail(error));
    this.flush();
    if (!this.#isClosed) this.#presence?.serve(this);
  }

  /** Writing may have closed it. */
  get #isClosed(): boolean {
    return this.#phase === 'closed';
  }

  #encode({ retryMs, knowsItsPlace }: Opening): string {
    if (this.#subscriptions.length === 0) return encodeRetry(retryMs);
    // The cursor that the client came with, even if it cannot be resumed: if the stream is cut before the
    // reset arrives, the client reconnects with this cursor and gets the reset again.
    const cursor = this.#cursor.format();
    return knowsItsPlace ? encodeResumption(cursor, retryMs) : encodeOpening(cursor, retryMs);
  }

  #join(subscription: Subscription, ordinal: number | undefined): void {
    subscription.next = ordinal;
    subscription.joined = subscription.feed.ring.end;
  }

  #goLive(): void {
    this.#phase = 'live';
    this.#closing = undefined;
    // Releases memory that it waited for and no longer needs, because the ring serves it now.
    this.#writer.releaseSpare();
    // With a single channel the ring's own bytes contain the ids, and the ordinal tells the client's
    // position.
    if (!this.#isComposite) this.#cursor.forget();
  }

  #fail(error: unknown): void {
    if (this.#phase === 'closed') return;
    this.#options.logger.warn('could not replay', { channels: this.#cursor.channels, error });
    this.close('failed');
  }

  /**
   * Channels catch up concurrently: each is live as soon as its ring serves it, whatever the others still
   * wait for.
   */
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
      events: async (events) => {
        const written = await writeMissed(events, this.#writer, this.#cursor, this.#principal, signal, this.#options);
        // What had to wait meanwhile.
        if (this.#latest.length > 0) this.flush();
        return written;
      },
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

  /**
   * Writes everything the client lacks in the channels that are served from their rings, unless it has not
   * taken what was written before.
   */
  flush(): void {
    if (this.#phase !== 'live' && this.#phase !== 'catchingUp') return;
    if (this.#sink.bufferedBytes > 0) {
      this.#closeIfSlow();
      return;
    }
    // Live events go first: a client that cannot take them is slow, and any other client leaves room for what
    // it has missed.
    for (const subscription of this.#subscriptions) if (isLive(subscription) && !this.#writeAll(subscription)) return;
    for (const subscription of this.#subscriptions) if (!isLive(subscription) && !this.#writeAll(subscription)) return;
    this.#writeLatest();
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
    if (this.#isComposite) return this.#writeOwnBatch(subscription, next);
    const batch = feed.ring.batchFrom(next);
    if (batch === undefined) return false;
    subscription.next = batch.next;
    this.#options.onDelivered(batch.next - next);
    this.#writer.writeShared(batch.bytes, batch.slab);
    return true;
  }

  /** Frames with a composite id belong to this stream alone. */
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
      const id = Buffer.from(idLine(this.#cursor.idFor(channel)));
      parts.push(id, slab.bytes.subarray(bodyStart, bodyEnd));
      idBytes = id.length;
      bytes += idBytes + bodyEnd - bodyStart;
    }
    subscription.next = next;
    this.#options.onDelivered(next - from);
    this.#writer.writeOwn(chunkOf(parts));
    return true;
  }

  /** Last, because it may go on for ever. */
  #writeLatest(): void {
    if (this.#latest.length === 0 || !this.#writer.mayTakeTurn()) return;
    for (const place of this.#latest) {
      while (this.#sink.bufferedBytes === 0 && this.#writeLatestBatch(place));
    }
  }

  #writeLatestBatch(place: LatestPlace): boolean {
    const room = this.#writer.room(LATEST_FRAME_BYTES);
    const batch = room === 0 ? undefined : place.take(room);
    if (batch === undefined) return false;
    this.#options.onDelivered(batch.entries);
    this.#writer.writeOwn(batch.bytes);
    return true;
  }

  #closeIfSlow(): void {
    // What it lacks of other channels, it skips.
    if (this.#subscriptions.length === 0) return;
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

  hear(_: EphemeralEvent, chunk: Buffer): 'taken' | 'skipped' {
    return this.#writer.writeIfIdle(chunk) ? 'taken' : 'skipped';
  }

  /** Writes what the client can do without for now, if it has taken everything. */
  writeIfIdle(chunk: Buffer): boolean {
    return this.#writer.writeIfIdle(chunk);
  }

  evicted(): void {
    this.close('evicted');
  }

  /** The sink no longer has anything buffered. */
  wake(): void {
    this.#writer.releaseTaken();
    this.flush();
    if (this.#sink.bufferedBytes === 0) this.#presence?.wake();
    if (this.#sink.bufferedBytes === 0) this.#writer.wakeWaiting();
  }

  /**
   * Called at every tick of the hub: writes a heartbeat if nothing was written since the last one, and closes
   * clients that take nothing.
   */
  tick(nowMs: number): void {
    const blockedMs = this.#writer.blockedForMs(nowMs);
    if (blockedMs !== undefined) {
      if (blockedMs >= this.#options.maxStallMs) this.close('slow');
    } else if (this.#phase === 'live' || this.#phase === 'catchingUp') {
      this.#writer.writeIfSilent(HEARTBEAT_CHUNK);
    }
  }

  /**
   * The client's token has expired: tells the client and ends the stream. Returns false while the stream is
   * still opening; call it again then.
   */
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
    for (const feed of this.#ephemeral) feed.listeners.delete(this);
    this.#closing?.abort(ENDED);
    this.#writer.end(ENDED);
    this.#options.onClosed(this, reason);
    return true;
  }
}
