import { type KindOf, kindsBy } from '../../../backbone/domain/channel-kind.ts';
import { isEphemeral } from '../../../backbone/domain/ephemeral-event.ts';
import { isPresence, type Notified } from '../../../backbone/domain/presence.ts';
import { ANONYMOUS } from '../../../backbone/domain/principal.ts';
import type { Clock, EventLog, PresenceBus, PresenceStore } from '../../../backbone/ports.ts';
import { LogReader } from '../../../backbone/services/log-reader.ts';
import type { Logger } from '../../../backbone/telemetry/logger.ts';
import { latencyOf, traceEvent } from '../../../backbone/telemetry/trace.ts';
import { createTaskBudget, type TaskBudget } from '../budget/task-budget.ts';
import { Admission } from './admission.ts';
import { EphemeralChannels } from './ephemeral/ephemeral-channels.ts';
import { ExpiryWatch } from './expiry-watch.ts';
import type { Feed } from './feed.ts';
import { Feeds } from './feeds.ts';
import { Heartbeats } from './heartbeats.ts';
import { HubCounter, type HubCounts } from './hub-counts.ts';
import { PassScheduler } from './pass-scheduler.ts';
import { Permits } from './permits.ts';
import { Polls } from './polls.ts';
import { Presence, type PresenceSession } from './presence/presence.ts';
import type { StreamPresence } from './presence/stream-presence.ts';
import type { Attachment, PollOutcome, SubscribeRequest } from './requests.ts';
import { RingLimits } from './ring-limits.ts';
import type { CloseReason, Sink } from './sink.ts';
import { Stream, type StreamOptions } from './stream.ts';

export interface HubOptions {
  readonly log: EventLog;
  readonly presenceStore: PresenceStore;
  readonly presenceBus: PresenceBus;
  readonly clock: Clock;
  readonly logger: Logger;
  /** @default all channels are durable */
  readonly kindOf?: KindOf;
  readonly retentionMs: number;
  readonly graceMs: number;
  /** The longest silence of a stream; a subscriber may ask for a shorter one. */
  readonly heartbeatIntervalMs: number;
  readonly headCheckIntervalMs: number;
  /** Every stream gets its own reconnection time between these two. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** Streams and unanswered polls together. */
  readonly maxStreams: number;
  /** The same per principal; the anonymous principal has no limit. @default no limit */
  readonly maxStreamsPerPrincipal?: number;
  readonly maxUnsentBytes: number;
  /** What the hub's users share. @default the budget of a task with 512 MiB */
  readonly budget?: TaskBudget;
  /** @default Math.random */
  readonly random?: () => number;
}

/** Whose stream it is, and until when. */
interface Holder {
  readonly principal: string;
  readonly expiresAtMs: number;
  readonly heartbeatIntervalMs: number;
  /** Undefined if the stream has nothing to do with presence. */
  readonly presence: PresenceSession<StreamPresence> | undefined;
}

const NEVER = Number.POSITIVE_INFINITY;

const DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024;

/** A client that takes nothing of what was written to it for this long is closed. */
export const MAX_STALL_MS = 30_000;

/**
 * How many pages of the log are read at once, in total and for one principal: half stays free for the others.
 */
const MAX_READS = 12;
const MAX_READS_PER_PRINCIPAL = 6;

/**
 * The same for opening channels and checking cursors: these read one or two items, so there is little to
 * parse.
 */
const MAX_LOOKUPS = 32;
const MAX_LOOKUPS_PER_PRINCIPAL = 16;

const DRAIN_STEP_MS = 100;

/** A stream whose token expires while it is still opening is checked again after this long. */
const EXPIRE_AGAIN_MS = 1_000;

/**
 * Serves the streams and polls of one task. It knows subscribers, channels and bytes, and nothing about HTTP.
 *
 * Each channel's events are encoded once into a ring, and each stream is a position in it: see `Ring` and
 * `PassScheduler`.
 */
export class Hub {
  readonly #options: HubOptions;
  readonly #kindOf: KindOf;
  readonly #budget: TaskBudget;
  readonly #feeds: Feeds;
  readonly #ephemeral: EphemeralChannels;
  /** Who is present on the channels. */
  readonly presence: Presence;
  readonly #passes: PassScheduler;
  readonly #ringLimits: RingLimits;
  readonly #admission: Admission;
  readonly #polls: Polls;
  readonly #streams = new Map<Stream, Holder>();
  readonly #heartbeats: Heartbeats;
  readonly #expiry: ExpiryWatch;
  readonly #streamOptions: StreamOptions;
  readonly #draining = new AbortController();
  readonly #stopped = new AbortController();
  readonly #counter = new HubCounter();

  constructor(options: HubOptions) {
    this.#options = options;
    this.#kindOf = options.kindOf ?? kindsBy([]);
    this.#budget = options.budget ?? createTaskBudget(DEFAULT_MEMORY_BYTES);
    const { log, clock, logger, retentionMs, graceMs, maxUnsentBytes } = options;
    const { memory, rings, turns, channels } = this.#budget;
    this.#heartbeats = new Heartbeats(
      () => clock.nowMs(),
      (intervalMs, work) => void this.#every(intervalMs, work),
    );
    this.#expiry = new ExpiryWatch(clock, (nowMs) => this.#endExpired(nowMs));
    const lookups = new Permits(MAX_LOOKUPS, MAX_LOOKUPS_PER_PRINCIPAL);
    const reader = new LogReader({ log, clock, retentionMs, graceMs });
    this.#passes = new PassScheduler(
      () => this.#ringLimits.bytes,
      (feed, from, through) => {
        this.#notePassed(feed, from, through);
        this.#ringLimits.relieve();
      },
    );
    this.#feeds = new Feeds({
      log,
      reader,
      clock,
      logger,
      graceMs,
      retentionMs,
      onAdvanced: (feed) => this.#passes.schedule(feed),
      pace: (feed) => this.#ringLimits.pace(feed),
      onTombstoned: (gaps) => this.#counter.add('gapsTombstoned', gaps),
      onRepeat: () => this.#counter.add('repeatsDropped'),
      ringMemory: rings,
      places: channels,
      onEvicted: (feed) => this.#closeReaders(feed),
      lookups,
    });
    this.#ringLimits = new RingLimits({ memory: rings, clock, maxUnsentBytes, feeds: this.#feeds, passes: this.#passes });
    const makeRoom = () => this.#feeds.makeRoom();
    this.presence = new Presence({
      store: options.presenceStore,
      bus: options.presenceBus,
      clock,
      logger,
      memory,
      places: channels,
      makeRoom,
    });
    this.#ephemeral = new EphemeralChannels({ places: channels, makeRoom, clock, counter: this.#counter });
    this.#admission = new Admission({
      ...options,
      kindOf: this.#kindOf,
      feeds: this.#feeds,
      ephemeral: this.#ephemeral.feeds,
      counter: this.#counter,
    });
    this.#streamOptions = {
      reader,
      clock,
      logger,
      reads: new Permits(MAX_READS, MAX_READS_PER_PRINCIPAL),
      lookups,
      maxUnsentBytes,
      maxStallMs: MAX_STALL_MS,
      memory,
      turns,
      onNoMemory: () => this.#budget.refused++,
      onDelivered: (events) => this.#counter.add('deliveries', events),
      onReplay: () => this.#counter.add('replays'),
      onReset: () => this.#counter.add('resets'),
      onClosed: (stream, reason) => this.#onClosed(stream, reason),
    };
    const { signal: draining } = this.#draining;
    this.#polls = new Polls({ ...this.#streamOptions, admission: this.#admission, presence: this.presence, draining });
  }

  /** Streams, and polls that are not answered yet. */
  get openStreams(): number {
    return this.#admission.admitted;
  }

  get kindOf(): KindOf {
    return this.#kindOf;
  }

  get isDraining(): boolean {
    return this.#draining.signal.aborted;
  }

  /** The longest silence of a stream that has not asked for a shorter one. */
  get heartbeatIntervalMs(): number {
    return this.#options.heartbeatIntervalMs;
  }

  /** Starts heartbeats and the comparison of heads, until {@link close}. */
  start(): void {
    const { heartbeatIntervalMs, headCheckIntervalMs } = this.#options;
    this.#heartbeats.start();
    void this.#every(heartbeatIntervalMs / 2, async () => this.#feeds.sweep());
    void this.#every(headCheckIntervalMs, () => this.#compareHeads());
  }

  /**
   * Takes a notification of the topic.
   * @returns a promise to await before offering more: the channel's streams lag behind what they were offered
   */
  offer(event: Notified): Promise<void> | undefined {
    if (isPresence(event)) return void this.presence.offer(event);
    if (isEphemeral(event)) return void this.#ephemeral.offer(event);
    const feed = this.#feeds.get(event.channel);
    if (feed === undefined) return undefined;
    traceEvent(this.#options.logger, 'received', event, this.#options.clock.nowMs());
    feed.offer(event);
    return feed.isOpen ? this.#ringLimits.pace(feed) : undefined;
  }

  /**
   * Opens a stream on a sink. Await `stream.opened`, and call `stream.wake` and `stream.detach` when the sink
   * drains or closes.
   */
  attach(request: SubscribeRequest, sink: Sink): Attachment {
    const { channels, cursor, principal = ANONYMOUS, expiresAtMs = NEVER, heartbeatIntervalMs = this.heartbeatIntervalMs } = request;
    if (this.isDraining) return { kind: 'draining' };
    const followed = this.#admission.admit(channels, principal);
    if (typeof followed === 'string') return { kind: followed };
    const presence = request.presence && this.presence.openStream(request.presence, channels, principal, () => stream.close('evicted'));
    if (request.presence !== undefined && presence === undefined) {
      this.#counter.add('refusedOverLimit');
      this.#admission.release(followed);
      this.#admission.leave(principal);
      return { kind: 'tooManyChannels' };
    }
    const { retryMinMs, retryMaxMs, random = Math.random } = this.#options;
    const retryMs = Math.round(retryMinMs + random() * (retryMaxMs - retryMinMs));
    const stream: Stream = new Stream(followed, cursor, sink, principal, this.#streamOptions, presence?.reader);
    this.#streams.set(stream, { principal, expiresAtMs, heartbeatIntervalMs, presence });
    this.#heartbeats.add(stream, heartbeatIntervalMs);
    this.#expiry.expect(expiresAtMs);
    for (const feed of followed.feeds) feed.readers.add(stream);
    this.#counter.add('connects');
    stream.open(retryMs);
    return { kind: 'attached', stream };
  }

  /**
   * The events after a cursor. If there are none, waits for the first: at most `patienceMs`, not beyond the
   * token's expiry, and not at all while the task drains.
   * @param signal aborts when the client has left; the poll then rejects with its reason
   */
  poll(request: SubscribeRequest, patienceMs: number, signal: AbortSignal): Promise<PollOutcome> {
    return this.#polls.answer(request, patienceMs, signal);
  }

  /** The channel has lost its place. The clients reconnect, and the channel then counts against them. */
  #closeReaders(feed: Feed): void {
    for (const reader of [...feed.readers]) if (reader instanceof Stream) reader.close('evicted');
  }

  /** Returns the counts and resets them to zero. */
  takeCounts(): HubCounts {
    return this.#counter.take();
  }

  /**
   * Refuses new streams, answers waiting polls, and closes the streams evenly over the time, so that their
   * clients reconnect spread over it too.
   */
  async drain(overMs: number): Promise<void> {
    this.#draining.abort();
    const steps = Math.max(1, Math.ceil(overMs / DRAIN_STEP_MS));
    const atFirst = this.#streams.size;
    for (let left = steps - 1; left >= 0 && this.#streams.size > 0; left--) {
      await this.#options.clock.sleep(overMs / steps);
      const excess = this.#streams.size - Math.floor((atFirst * left) / steps);
      for (const stream of [...this.#streams.keys()].slice(0, Math.max(0, excess))) stream.close('drain');
    }
  }

  /** Closes everything at once. */
  close(): void {
    this.#draining.abort();
    this.#stopped.abort();
    this.#expiry.close();
    for (const stream of this.#streams.keys()) stream.close('drain');
    this.presence.stop();
    this.#feeds.closeAll();
  }

  /**
   * Every reader of the feed has been offered the ring's entries in this range. Runs once per event, not once
   * per stream.
   */
  #notePassed(feed: Feed, from: number, through: number): void {
    const { logger, clock } = this.#options;
    const streams = feed.readers.size;
    if (streams === 0) return;
    const nowMs = clock.nowMs();
    for (let ordinal = Math.max(from, feed.ring.start); ordinal < through; ordinal++) {
      const { content } = feed.ring.at(ordinal);
      if (content.kind !== 'event') continue;
      this.#counter.addLatency(latencyOf(content.event, nowMs));
      traceEvent(logger, 'delivered', content.event, nowMs, { streams });
    }
  }

  #onClosed(stream: Stream, reason: CloseReason | undefined): void {
    const holder = this.#streams.get(stream);
    this.#admission.leave(holder?.principal ?? ANONYMOUS);
    this.#heartbeats.delete(stream, holder?.heartbeatIntervalMs ?? this.heartbeatIntervalMs);
    this.#streams.delete(stream);
    holder?.presence?.close();
    if (reason === 'slow') this.#counter.add('slowStreamsClosed');
    const { followed } = stream;
    for (const feed of followed.feeds) feed.readers.delete(stream);
    this.#admission.release(followed);
  }

  /** @returns when the next stream expires */
  #endExpired(nowMs: number): number {
    let nextMs = NEVER;
    for (const [stream, { expiresAtMs }] of this.#streams) {
      if (nowMs < expiresAtMs) nextMs = Math.min(nextMs, expiresAtMs);
      else if (!stream.expire()) nextMs = Math.min(nextMs, nowMs + EXPIRE_AGAIN_MS);
    }
    return nextMs;
  }

  async #compareHeads(): Promise<void> {
    const feeds = this.#feeds.open().map((feed) => ({ feed, seen: feed.position }));
    if (feeds.length === 0) return;
    const heads = await this.#options.log.heads(feeds.map(({ feed }) => feed.channel));
    for (const { feed, seen } of feeds) feed.noteHead(heads.get(feed.channel), seen);
  }

  async #every(intervalMs: number, work: () => Promise<void>): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopped;
    while (!signal.aborted) {
      try {
        await clock.sleep(intervalMs, signal);
        await work();
      } catch (error) {
        if (!signal.aborted) logger.warn('periodic work of the hub failed', { error });
      }
    }
  }
}
