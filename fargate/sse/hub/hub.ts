import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { ANONYMOUS } from '../../../backbone/domain/principal.ts';
import type { Clock, EventLog } from '../../../backbone/ports.ts';
import { LogReader } from '../../../backbone/services/log-reader.ts';
import type { Logger } from '../../../backbone/telemetry/logger.ts';
import { latencyOf, traceEvent } from '../../../backbone/telemetry/trace.ts';
import { createTaskBudget, type TaskBudget } from '../budget/task-budget.ts';
import { Admission } from './admission.ts';
import { ExpiryWatch } from './expiry-watch.ts';
import type { Feed } from './feed.ts';
import { Feeds } from './feeds.ts';
import { Heartbeats } from './heartbeats.ts';
import { HubCounter, type HubCounts } from './hub-counts.ts';
import { PassScheduler } from './pass-scheduler.ts';
import { Permits } from './permits.ts';
import { Polls } from './polls.ts';
import type { Attachment, PollOutcome, SubscribeRequest } from './requests.ts';
import { RingLimits } from './ring-limits.ts';
import type { CloseReason, Sink } from './sink.ts';
import { Stream, type StreamOptions } from './stream.ts';

export interface HubOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly retentionMs: number;
  readonly graceMs: number;
  /** No stream is silent for longer; a subscriber may ask for less. */
  readonly heartbeatIntervalMs: number;
  readonly headCheckIntervalMs: number;
  /** Every stream gets its own reconnection time between these two. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** Streams and unanswered polls together. */
  readonly maxStreams: number;
  /** The same, for each principal but the anonymous one. @default no limit */
  readonly maxStreamsPerPrincipal?: number;
  readonly maxUnsentBytes: number;
  /** What the hub's users share. @default that of a task with 512 MiB */
  readonly budget?: TaskBudget;
  /** @default Math.random */
  readonly random?: () => number;
}

/** Whose a stream is, and for how long. */
interface Holder {
  readonly principal: string;
  readonly expiresAtMs: number;
  readonly heartbeatIntervalMs: number;
}

const NEVER = Number.POSITIVE_INFINITY;

const DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024;

/** A client that takes nothing of what was written to it for this long is closed. */
export const MAX_STALL_MS = 30_000;

/** Reads of pages of the log at once, and of them for one principal: half stay free for whoever comes. */
const MAX_READS = 12;
const MAX_READS_PER_PRINCIPAL = 6;

/** The same for channels that are opened and cursors that are checked: an item or two, so there is little to parse. */
const MAX_LOOKUPS = 32;
const MAX_LOOKUPS_PER_PRINCIPAL = 16;

const DRAIN_STEP_MS = 100;

/** A stream that opens while its client's time ends is looked at again after this long. */
const EXPIRE_AGAIN_MS = 1_000;

/**
 * Serves the streams and polls of one task. It knows subscribers, channels and bytes, and nothing of HTTP.
 *
 * Each channel's events are encoded once into a ring, and each stream is a place in it: see `Ring` and `PassScheduler`.
 */
export class Hub {
  readonly #options: HubOptions;
  readonly #budget: TaskBudget;
  readonly #feeds: Feeds;
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
    this.#admission = new Admission({ ...options, feeds: this.#feeds, counter: this.#counter });
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
    this.#polls = new Polls({ ...this.#streamOptions, feeds: this.#feeds, admission: this.#admission, draining });
  }

  /** Streams, and polls that are not answered yet. */
  get openStreams(): number {
    return this.#admission.admitted;
  }

  get isDraining(): boolean {
    return this.#draining.signal.aborted;
  }

  /** How long a stream is silent at most that has not asked for less. */
  get heartbeatIntervalMs(): number {
    return this.#options.heartbeatIntervalMs;
  }

  /** Begins with heartbeats and the comparison of heads, until {@link close}. */
  start(): void {
    const { heartbeatIntervalMs, headCheckIntervalMs } = this.#options;
    this.#heartbeats.start();
    void this.#every(heartbeatIntervalMs / 2, async () => this.#feeds.sweep());
    void this.#every(headCheckIntervalMs, () => this.#compareHeads());
  }

  /**
   * Takes a notification of the topic.
   * @returns wait for it before taking more: the channel's streams are behind with what they have been offered
   */
  offer(event: ChannelEvent): Promise<void> | undefined {
    const feed = this.#feeds.get(event.channel);
    if (feed === undefined) return undefined;
    traceEvent(this.#options.logger, 'received', event, this.#options.clock.nowMs());
    feed.offer(event);
    return feed.isOpen ? this.#ringLimits.pace(feed) : undefined;
  }

  /** Opens a stream on a sink. Await `stream.opened`, tell `stream.wake` and `stream.detach` what happens to the sink. */
  attach(request: SubscribeRequest, sink: Sink): Attachment {
    const { channels, cursor, principal = ANONYMOUS, expiresAtMs = NEVER, heartbeatIntervalMs = this.heartbeatIntervalMs } = request;
    if (this.isDraining) return { kind: 'draining' };
    const feeds = this.#admission.admit(channels, principal);
    if (typeof feeds === 'string') return { kind: feeds };
    const { retryMinMs, retryMaxMs, random = Math.random } = this.#options;
    const retryMs = Math.round(retryMinMs + random() * (retryMaxMs - retryMinMs));
    const stream = new Stream(feeds, cursor, sink, principal, this.#streamOptions);
    this.#streams.set(stream, { principal, expiresAtMs, heartbeatIntervalMs });
    this.#heartbeats.add(stream, heartbeatIntervalMs);
    this.#expiry.expect(expiresAtMs);
    for (const feed of feeds) feed.readers.add(stream);
    this.#counter.add('connects');
    stream.open(retryMs);
    return { kind: 'attached', stream };
  }

  /**
   * The events after a cursor, waiting for the first at most so long, not beyond the client's time, and not at all while the
   * task drains.
   * @param signal aborts when the client has left, and the poll then rejects with its reason
   */
  poll(request: SubscribeRequest, patienceMs: number, signal: AbortSignal): Promise<PollOutcome> {
    return this.#polls.answer(request, patienceMs, signal);
  }

  /** Clients of a channel that has lost its place come back, and have it followed for themselves. */
  #closeReaders(feed: Feed): void {
    for (const reader of [...feed.readers]) if (reader instanceof Stream) reader.close('evicted');
  }

  /** Takes the counts, which start again at zero. */
  takeCounts(): HubCounts {
    return this.#counter.take();
  }

  /** Refuses newcomers, answers waiting polls, and closes the streams evenly over the time, so that they come back spread over it too. */
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

  /** Ends everything at once. */
  close(): void {
    this.#draining.abort();
    this.#stopped.abort();
    this.#expiry.close();
    for (const stream of this.#streams.keys()) stream.close('drain');
    this.#feeds.closeAll();
  }

  /** Every reader of the feed has been offered the ring's entries in this range: per event, not per stream. */
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
    if (reason === 'slow') this.#counter.add('slowStreamsClosed');
    for (const feed of stream.feeds) {
      feed.readers.delete(stream);
      this.#feeds.release(feed);
    }
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
