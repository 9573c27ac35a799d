import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { eventEntry, type LogEntry } from '../../../backbone/domain/log-entry.ts';
import type { EventLog, Head } from '../../../backbone/ports.ts';
import { type ChannelPosition, isOrigin, ORIGIN } from '../../../packages/protocol/cursor.ts';
import type { ResetReason } from '../../../packages/protocol/index.ts';
import { Sequencer } from '../../../packages/protocol/sequencer.ts';
import type { RingMemory } from '../budget/ring-memory.ts';
import { GapMender, type GapMenderOptions } from './gap-mender.ts';
import { nextFlush } from './next-flush.ts';
import type { PermitSource } from './permits.ts';
import { Ring } from './ring.ts';
import { RingHistory } from './ring-history.ts';

export interface FeedOptions extends GapMenderOptions {
  readonly log: EventLog;
  readonly retentionMs: number;
  /** Called whenever the feed's position has moved. */
  readonly onAdvanced: (feed: Feed) => void;
  /** If the ring holds more than it should, resolves once readers have been offered its content. */
  readonly pace: (feed: Feed) => Promise<void> | undefined;
  /** Called for a notification of an event that was already delivered. */
  readonly onRepeat: () => void;
  readonly ringMemory: RingMemory;
}

/** The task no longer follows the channel. */
export class FeedClosedError extends Error {
  override readonly name = 'FeedClosedError';
}

/**
 * Shared: thousands of feeds come and go, and capturing a stack for each would cost more than the rest of
 * closing it.
 */
export const FEED_CLOSED = new FeedClosedError('the task does not follow the channel any more');

/** One reader got the permit; the others who waited for one on the same channel no longer need theirs. */
const OPENING = new Error('the channel is being opened');

/** A stream, or a waiting poll, that is told when a feed has moved on. */
export interface Reader {
  flush(): void;
}

/** Notifications kept while the feed asks the log where to start. The rest is read from the log afterwards. */
const MAX_HELD = 1_024;

/**
 * A new epoch with at most this many events is delivered from its start: all of them are new to every
 * subscriber.
 */
const MAX_CATCH_UP = 1_000;

/**
 * One channel as this task sees it. Treats notifications as hints, and fills the ring with the channel's
 * events in order, each once. Exists while the channel has readers, and for a while after that.
 */
export class Feed {
  readonly channel: string;
  /** Resolves when the feed has its baseline; rejects if it could not be read from the log. */
  readonly opened: Promise<void>;
  readonly readers = new Set<Reader>();
  readonly #options: FeedOptions;
  /** Rejects when the feed closes, so that nobody goes on waiting for the log. */
  readonly #gone = Promise.withResolvers<never>();
  /** Resolves when the feed may read the log in order to open, with the function that releases its permit. */
  readonly #mayOpen = Promise.withResolvers<() => void>();
  /** Exists while opening waits for a permit. */
  #wanting: AbortController | undefined = new AbortController();
  #isClosed = false;
  /** Exists once somebody waits for the feed to advance. */
  #closing: AbortController | undefined;
  /** Undefined until the baseline is known. */
  #live: { readonly sequencer: Sequencer<LogEntry>; readonly ring: Ring; readonly history: RingHistory } | undefined;
  readonly #mender: GapMender;
  /** Notifications that cannot be judged yet: the feed is still opening, or they are of another epoch. */
  #held: ChannelEvent[] = [];
  /** The last epoch that the log no longer has: late notifications of it are dropped without a read. */
  #oldEpoch: string | undefined;
  #refreshing: Promise<void> | undefined;

  /** The feed opens after the first call of {@link wantedBy}. */
  constructor(channel: string, options: FeedOptions) {
    this.channel = channel;
    this.#options = options;
    this.#mender = new GapMender(channel, options, {
      sequencer: () => (this.#isClosed ? undefined : this.#live?.sequencer),
      take: (entries) => this.#take(entries),
      refresh: () => this.refresh(),
      pace: () => options.pace(this),
    });
    this.opened = Promise.race([this.#open(), this.#gone.promise]);
    // Whoever acquired the feed awaits it. If all of them have left, the rejection must not end the process.
    this.opened.catch(() => {});
  }

  /** Every reader that wants the channel queues for a permit; the first one to get it opens the feed. */
  async wantedBy(lookups: PermitSource): Promise<void> {
    const wanting = this.#wanting;
    if (wanting === undefined) return;
    const release = await lookups.acquire(wanting.signal).catch(() => undefined);
    if (this.#wanting === undefined) {
      release?.();
    } else if (release !== undefined) {
      this.#wanting = undefined;
      this.#mayOpen.resolve(release);
      wanting.abort(OPENING);
    }
  }

  /** @throws TypeError before the feed is open */
  get ring(): Ring {
    return this.#state.ring;
  }

  /**
   * The events before the ring's first one, as far as they were read from the log.
   * @throws TypeError before the feed is open
   */
  get history(): RingHistory {
    return this.#state.history;
  }

  /** Everything up to this position is in the ring, or was in it. */
  get position(): ChannelPosition {
    const { sequencer } = this.#state;
    return { epoch: sequencer.epoch, seq: sequencer.seq };
  }

  get isOpen(): boolean {
    return this.#live !== undefined;
  }

  /** The feed knows nothing of the channel yet, and has not asked the log. */
  get isWaiting(): boolean {
    return this.#wanting !== undefined;
  }

  get #state() {
    if (this.#live === undefined) throw new TypeError(`the feed of ${this.channel} is not open`);
    return this.#live;
  }

  /**
   * The next ordinal of a reader that has everything up to `position`; undefined if the ring cannot serve it
   * (yet).
   */
  locate(position: ChannelPosition): number | undefined {
    const { sequencer, ring } = this.#state;
    return position.seq > sequencer.seq ? undefined : ring.find(position);
  }

  /** Notifications are kept from before the head is read, so nothing assigned after that goes unnoticed. */
  async #open(): Promise<void> {
    const release = await this.#mayOpen.promise;
    const { baseline, newestFirst } = await this.#options.reader.tail(this.channel).finally(release);
    // Nobody would release the memory of a ring that is created now.
    if (this.#isClosed) throw FEED_CLOSED;
    const { reader, ringMemory } = this.#options;
    const ring = new Ring(this.channel, baseline, ringMemory);
    const history = new RingHistory(this.channel, ring, ringMemory, reader);
    this.#live = { sequencer: new Sequencer(baseline), ring, history };
    if (newestFirst.some(({ seq }) => seq <= baseline.seq)) history.add(newestFirst);
    // Entries above the baseline were notified before this feed existed. Mending reads those that the tail no
    // longer holds.
    this.#take(newestFirst.filter(({ seq }) => seq > baseline.seq).reverse());
    this.#offerHeld();
  }

  /** Takes a notification, in any order and any number of times. */
  offer(event: ChannelEvent): void {
    if (this.#live?.sequencer.epoch === event.epoch) {
      if (event.seq <= this.#live.sequencer.seq) this.#options.onRepeat();
      this.#take([eventEntry(event)]);
      return;
    }
    if (event.epoch === this.#oldEpoch) return;
    if (this.#held.length < MAX_HELD) this.#held.push(event);
    if (this.#live !== undefined) this.refresh().catch((error) => this.#warn('could not confirm an epoch', error));
  }

  /**
   * Takes the channel's head as the log has it, so that a lost last notification and a lost log are noticed.
   * @param head undefined if the channel was never used, or its log was wiped
   * @param seen the feed's position before the head was read
   */
  noteHead(head: Head | undefined, seen: ChannelPosition): void {
    const { sequencer } = this.#state;
    // The feed moved to another epoch while the head was read.
    if (seen.epoch !== sequencer.epoch) return;
    const { epoch, seq } = head ?? ORIGIN;
    if (epoch !== sequencer.epoch || seq < seen.seq) {
      this.refresh().catch((error) => this.#warn('could not confirm an epoch', error));
    } else {
      this.noteAssigned(seq);
    }
  }

  /** Records that a seq of the feed's epoch is known to be assigned. */
  noteAssigned(seq: number): void {
    this.#state.sequencer.noteHead(seq);
    this.#mender.note(seq);
    this.#mender.start();
  }

  /**
   * Asks the log for the channel's epoch. Begins anew if it is a different one, or if the channel no longer
   * has one.
   */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#confirm();
    return this.#refreshing;
  }

  /** Resolves when the feed has moved on. Rejects with the signal's reason, or when the feed closes. */
  advanced(signal: AbortSignal): Promise<void> {
    if (this.#isClosed) return Promise.reject(FEED_CLOSED);
    this.#closing ??= new AbortController();
    return nextFlush(this.readers, AbortSignal.any([signal, this.#closing.signal]));
  }

  close(): void {
    this.#isClosed = true;
    this.#gone.reject(FEED_CLOSED);
    this.#wanting?.abort(FEED_CLOSED);
    this.#wanting = undefined;
    this.#closing?.abort(FEED_CLOSED);
    this.#mender.stop();
    this.#live?.ring.close();
  }

  async #confirm(): Promise<void> {
    try {
      const judged = this.#held.length;
      const seen = this.position;
      const head = await this.#options.log.head(this.channel);
      const { epoch, seq } = head ?? ORIGIN;
      const denies = this.#held.slice(0, judged).some((event) => event.epoch !== epoch);
      if (isOrigin(seen) && denies) await this.#beginAnew(head, 'epoch_changed');
      else if (isOrigin(seen) && head !== undefined) await this.#beginFirst(head);
      else if (epoch !== seen.epoch) await this.#beginAnew(head, 'epoch_changed');
      else if (seq < seen.seq) await this.#beginAnew(head, 'ahead');
      // Everything of another epoch that arrived before the head was read is old.
      const old = new Set(this.#held.slice(0, judged).filter(({ epoch }) => epoch !== this.position.epoch));
      this.#held = this.#held.filter((event) => !old.has(event));
      for (const { epoch } of old) this.#oldEpoch = epoch;
    } finally {
      this.#refreshing = undefined;
    }
    // What arrived since then may be of an even newer epoch. Offering it again leads to another look at the
    // head.
    this.#offerHeld();
  }

  /**
   * The channel is used for the first time since the feed began, so all of its events are new to every
   * reader.
   */
  async #beginFirst(head: Head): Promise<void> {
    if (!this.#hasAll(head)) return this.#beginAnew(head, 'expired');
    const { ring, history } = this.#state;
    this.#live = { sequencer: new Sequencer({ epoch: head.epoch, seq: 0 }), ring, history };
    this.#mender.beginEpoch();
    ring.beginFirst(head.epoch);
    this.noteAssigned(head.seq);
  }

  /** Whether nothing of the epoch can have expired. */
  #hasAll({ createdAtMs }: Head): boolean {
    return this.#options.clock.nowMs() < createdAtMs + this.#options.retentionMs;
  }

  /** @param head undefined if the channel was used before and no longer has an epoch: its log was wiped */
  async #beginAnew(head: Head | undefined, reason: ResetReason): Promise<void> {
    const { reader } = this.#options;
    const fromStart = head !== undefined && reason === 'epoch_changed' && this.#hasAll(head) && head.seq <= MAX_CATCH_UP;
    const baseline = fromStart ? { epoch: head.epoch, seq: 0 } : await reader.baseline(this.channel);
    const notified = this.#held.filter(({ epoch }) => epoch === baseline.epoch).map(({ seq }) => seq - 1);
    const start = { epoch: baseline.epoch, seq: Math.min(baseline.seq, ...notified) };
    const { ring, sequencer, history } = this.#state;
    this.#options.logger.warn('channel begins anew', { channel: this.channel, reason, was: sequencer.epoch, epoch: start.epoch });
    this.#oldEpoch = sequencer.epoch;
    this.#live = { sequencer: new Sequencer(start), ring, history };
    this.#mender.beginEpoch();
    ring.reset(start, reason);
    this.#options.onAdvanced(this);
    if (head?.epoch === start.epoch) this.noteAssigned(head.seq);
  }

  #offerHeld(): void {
    for (const event of this.#held.splice(0)) this.offer(event);
  }

  #take(entries: readonly LogEntry[]): void {
    const { sequencer, ring } = this.#state;
    const before = sequencer.seq;
    for (const entry of entries) {
      this.#mender.note(entry.seq);
      for (const next of sequencer.offer(entry.seq, entry)) if (next.kind === 'event') ring.append(next.event);
    }
    if (sequencer.seq > before) {
      this.#mender.settle(sequencer.seq);
      this.#options.onAdvanced(this);
    }
    this.#mender.start();
  }

  #warn(message: string, error: unknown): void {
    this.#options.logger.warn(message, { channel: this.channel, error });
  }
}
