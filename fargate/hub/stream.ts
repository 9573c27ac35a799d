import { type Cursor, formatCursor, type Position } from '../../backbone/domain/cursor.ts';
import type { LaneEvent } from '../../backbone/domain/event.ts';
import type { ResetReason } from '../../backbone/protocol.ts';
import type { Logger } from '../logger.ts';
import { encodeOpening, eventBody, HEARTBEAT, idLine, resetBody } from '../sse-encoding.ts';
import { type CatchUpOptions, catchUp } from './catch-up.ts';
import type { Feed, Reader } from './feed.ts';
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

/** About how much is encoded into one write where a stream cannot share the ring's bytes. */
const WRITE_BYTES = 64 * 1024;

/**
 * One client's stream over one or more channels. It keeps no queue: whatever it lacks is in the rings of its channels,
 * or in the log.
 */
export class Stream implements Reader {
  /** Resolves when the opening is written; rejects when the log did not tell where to start, and then the sink is untouched. */
  readonly opened: Promise<void>;
  readonly #sink: Sink;
  readonly #options: StreamOptions;
  readonly #channels: readonly string[];
  readonly #subscriptions: readonly Subscription[];
  /** Where the client stands, per channel. A single-channel stream needs it only until it has caught up. */
  readonly #cursor: Map<string, Position>;
  #phase: 'opening' | 'catchingUp' | 'live' | 'closed' = 'opening';
  #wroteSinceTick = false;
  #blockedSinceMs: number | undefined;
  /** Exists only while the stream opens and catches up: most streams are idle, and memory per stream counts. */
  #closing: AbortController | undefined = new AbortController();
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(feeds: readonly Feed[], cursor: Cursor | undefined, retryMs: number, sink: Sink, options: StreamOptions) {
    this.#sink = sink;
    this.#options = options;
    this.#channels = feeds.map(({ channel }) => channel);
    this.#subscriptions = feeds.map((feed) => ({ feed, next: undefined }));
    this.#cursor = new Map(cursor);
    this.opened = this.#open(retryMs);
  }

  get feeds(): readonly Feed[] {
    return this.#subscriptions.map(({ feed }) => feed);
  }

  async #open(retryMs: number): Promise<void> {
    try {
      await Promise.all(this.#subscriptions.map(({ feed }) => feed.opened));
    } catch (error) {
      this.#end(undefined);
      throw error;
    }
    if (this.#phase === 'closed') return;
    for (const { feed } of this.#subscriptions) {
      if (!this.#cursor.has(feed.channel)) this.#cursor.set(feed.channel, feed.position);
    }
    this.#phase = 'catchingUp';
    // The cursor that the client came with, even where it cannot be resumed: should the stream be cut before the
    // reset is through, the client comes back with it and is told again.
    this.#write(encodeOpening(formatCursor(this.#channels, this.#cursor), retryMs));
    this.#catchUp().catch((error) => this.#fail(error));
  }

  #fail(error: unknown): void {
    if (this.#phase === 'closed') return;
    this.#options.logger.warn('could not replay', { channels: this.#channels, error });
    this.close('failed');
  }

  /** Until every channel is served from its ring. While one is replayed, the others' readers stand still, and may have to be replayed then. */
  async #catchUp(): Promise<void> {
    for (let behind = this.#behind(); behind !== undefined; behind = this.#behind()) {
      const signal = this.#closing?.signal;
      if (signal === undefined) return;
      const { feed } = behind;
      const from = this.#cursor.get(feed.channel) ?? feed.position;
      const visitor = {
        events: (events: readonly LaneEvent[]) => this.#writeMissed(events),
        reset: (reason: ResetReason, position: Position) => this.#writeReset(feed.channel, reason, position),
      };
      behind.next = await catchUp(feed, from, visitor, signal, this.#options);
    }
    if (this.#phase === 'closed') return;
    this.#phase = 'live';
    this.#closing = undefined;
    this.flush();
  }

  #behind(): Subscription | undefined {
    return this.#subscriptions.find(({ feed, next }) => next === undefined || next < feed.ring.start);
  }

  async #writeMissed(events: readonly LaneEvent[]): Promise<boolean> {
    let frames: string[] = [];
    let chars = 0;
    for (const [index, event] of events.entries()) {
      const frame = this.#frame(event.channel, event, eventBody(event));
      frames.push(frame);
      chars += frame.length;
      if (chars < WRITE_BYTES && index < events.length - 1) continue;
      await this.#room();
      this.#write(Buffer.from(frames.join('')));
      this.#options.onDelivered(frames.length);
      frames = [];
      chars = 0;
    }
    await this.#room();
    return true;
  }

  async #writeReset(channel: string, reason: ResetReason, position: Position): Promise<boolean> {
    await this.#room();
    this.#write(Buffer.from(this.#frame(channel, position, resetBody({ channel, reason }))));
    await this.#room();
    return true;
  }

  /** A whole frame; the client stands at `position` of the channel once it has it. */
  #frame(channel: string, position: Position, body: string): string {
    this.#cursor.set(channel, position);
    return idLine(formatCursor(this.#channels, this.#cursor)) + body;
  }

  /** Waits until the client has taken what was written. Rejects when the stream ends. */
  async #room(): Promise<void> {
    this.#closing?.signal.throwIfAborted();
    if (this.#sink.bufferedBytes === 0) return;
    this.#drained ??= Promise.withResolvers();
    await this.#drained.promise;
  }

  /** Writes all that the client lacks, unless it has not taken yet what was written before. */
  flush(): void {
    if (this.#phase !== 'live') return;
    if (this.#sink.bufferedBytes > 0) {
      this.#closeIfSlow();
      return;
    }
    for (const subscription of this.#subscriptions) {
      // Only a client that did not take what it was offered can be that far behind.
      if ((subscription.next ?? 0) < subscription.feed.ring.start) {
        this.close('slow');
        return;
      }
      while (this.#writeBatch(subscription)) if (this.#sink.bufferedBytes > 0) return;
    }
  }

  #writeBatch(subscription: Subscription): boolean {
    const { feed, next = 0 } = subscription;
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
      const { position, slab, bodyStart, end } = ring.at(next);
      this.#cursor.set(channel, position);
      parts.push(Buffer.from(idLine(formatCursor(this.#channels, this.#cursor))), slab.bytes.subarray(bodyStart, end));
      bytes += end - bodyStart;
    }
    return { bytes: Buffer.concat(parts), next };
  }

  #write(bytes: Buffer): void {
    this.#wroteSinceTick = true;
    this.#sink.write(bytes);
    if (this.#sink.bufferedBytes > 0) this.#blockedSinceMs ??= this.#options.clock.nowMs();
  }

  #closeIfSlow(): void {
    let unsent = this.#sink.bufferedBytes;
    let leftRing = false;
    for (const { feed, next = 0 } of this.#subscriptions) {
      leftRing ||= next < feed.ring.start;
      unsent += feed.ring.bytesFrom(next);
    }
    if (leftRing || unsent > this.#options.maxUnsentBytes) this.close('slow');
  }

  /** The sink has nothing buffered any more. */
  wake(): void {
    this.#blockedSinceMs = undefined;
    this.#drained?.resolve();
    this.#drained = undefined;
    this.flush();
  }

  /** Called at every tick of the hub: a heartbeat where nothing was written since the last, and the end of clients that take nothing. */
  tick(nowMs: number): void {
    if (this.#blockedSinceMs !== undefined) {
      if (nowMs - this.#blockedSinceMs >= this.#options.maxStallMs) this.close('slow');
      return;
    }
    if (!this.#wroteSinceTick && (this.#phase === 'live' || this.#phase === 'catchingUp')) this.#write(HEARTBEAT);
    this.#wroteSinceTick = false;
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
    const ended = new Error('the stream has ended');
    this.#closing?.abort(ended);
    this.#drained?.reject(ended);
    this.#options.onClosed(this, reason);
    return true;
  }
}
