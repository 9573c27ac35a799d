import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { eventEntry, type LogEntry } from '../../../backbone/domain/log-entry.ts';
import type { EventLog, Head } from '../../../backbone/ports.ts';
import { type ChannelPosition, isOrigin, ORIGIN } from '../../../packages/protocol/cursor.ts';
import type { ResetReason } from '../../../packages/protocol/index.ts';
import { Sequencer } from '../../../packages/protocol/sequencer.ts';
import type { RingMemory } from '../budget/ring-memory.ts';
import { GapMender, type GapMenderOptions } from './gap-mender.ts';
import type { PermitSource } from './permits.ts';
import { Ring } from './ring.ts';
import { RingHistory } from './ring-history.ts';

export interface FeedOptions extends GapMenderOptions {
  readonly log: EventLog;
  readonly retentionMs: number;
  /** Called whenever the feed's position has moved. */
  readonly onAdvanced: (feed: Feed) => void;
  /** Resolves when readers have been offered what the ring holds, if that is more than the ring should hold. */
  readonly pace: (feed: Feed) => Promise<void> | undefined;
  /** Called for a notification of an event that has been delivered already. */
  readonly onRepeat: () => void;
  readonly ringMemory: RingMemory;
}

/** The task follows the channel no more. */
export class FeedClosedError extends Error {
  override readonly name = 'FeedClosedError';
}

/** Shared: feeds come and go by the thousand, and capturing a stack for each would cost more than the rest of closing it. */
const CLOSED = new FeedClosedError('the task does not follow the channel any more');

/** The permit is there; the others who wanted one for the same channel need none. */
const OPENING = new Error('the channel is being opened');

/** Whoever wants to know that a feed has moved on: streams, and polls that wait. */
export interface Reader {
  flush(): void;
}

/** Notifications kept while the log is asked where to start. What does not fit is read from the log afterwards. */
const MAX_HELD = 1_024;

/** A new epoch with no more events than this is delivered from its start: all of them are new to every subscriber. */
const MAX_CATCH_UP = 1_000;

/**
 * One channel as this task sees it: takes notifications as the hints that they are, and fills the ring with the
 * channel's events in order, each once. It lives while somebody reads the channel, and a while longer.
 */
export class Feed {
  readonly channel: string;
  /** Resolves when the feed has its baseline; rejects when the log did not tell. */
  readonly opened: Promise<void>;
  readonly readers = new Set<Reader>();
  readonly #options: FeedOptions;
  /** Rejects when the feed closes, so that nobody waits for the log any longer. */
  readonly #gone = Promise.withResolvers<never>();
  /** Resolves once the opening may read the log, with what gives its permit back. */
  readonly #mayOpen = Promise.withResolvers<() => void>();
  /** Exists while the opening waits for a permit. */
  #wanting: AbortController | undefined = new AbortController();
  #isClosed = false;
  /** Exists once somebody waits for the feed. */
  #closing: AbortController | undefined;
  /** Undefined until the baseline is known. */
  #live: { readonly sequencer: Sequencer<LogEntry>; readonly ring: Ring; readonly history: RingHistory } | undefined;
  readonly #mender: GapMender;
  /** Notifications that cannot be judged yet: the feed is opening, or their epoch is another one. */
  #held: ChannelEvent[] = [];
  /** The last epoch that the log has denied: its late notifications cost nothing. */
  #oldEpoch: string | undefined;
  #refreshing: Promise<void> | undefined;

  /** It opens once it is {@link wantedBy} somebody. */
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
    // Whoever acquired the feed awaits it; a feed that everybody has left must not end the process.
    this.opened.catch(() => {});
  }

  /** The feed opens when the turn comes of one of those who want its channel. */
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
   * What the ring holds of the time before it was made.
   * @throws TypeError before the feed is open
   */
  get history(): RingHistory {
    return this.#state.history;
  }

  /** Everything up to it is in the ring, or has gone through it. */
  get position(): ChannelPosition {
    const { sequencer } = this.#state;
    return { epoch: sequencer.epoch, seq: sequencer.seq };
  }

  get isOpen(): boolean {
    return this.#live !== undefined;
  }

  /** Nothing is known of the channel yet, and nothing asked. */
  get isWaiting(): boolean {
    return this.#wanting !== undefined;
  }

  get #state() {
    if (this.#live === undefined) throw new TypeError(`the feed of ${this.channel} is not open`);
    return this.#live;
  }

  /** The next ordinal of a reader that has everything up to `position`; undefined when the ring cannot serve it (yet). */
  locate(position: ChannelPosition): number | undefined {
    const { sequencer, ring } = this.#state;
    return position.seq > sequencer.seq ? undefined : ring.find(position);
  }

  /** Notifications are kept from before the head is read, so what is assigned after that is noticed. */
  async #open(): Promise<void> {
    const release = await this.#mayOpen.promise;
    const { baseline, newestFirst } = await this.#options.reader.tail(this.channel).finally(release);
    // Nobody would give back the memory of a ring that is made now.
    if (this.#isClosed) throw CLOSED;
    const { reader, ringMemory } = this.#options;
    const ring = new Ring(this.channel, baseline, ringMemory);
    const history = new RingHistory(this.channel, ring, ringMemory, reader);
    this.#live = { sequencer: new Sequencer(baseline), ring, history };
    if (newestFirst.some(({ seq }) => seq <= baseline.seq)) history.add(newestFirst);
    // What lies past the baseline already was notified before this feed existed. Of what was not kept, mending reads the rest.
    this.#take(newestFirst.filter(({ seq }) => seq > baseline.seq).reverse());
    this.#offerHeld();
  }

  /** Takes a notification: any order, any number of times. */
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
   * @param head undefined when the channel was never used, or its log was wiped
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

  /** Notes that a seq of the feed's epoch is known to be assigned. */
  noteAssigned(seq: number): void {
    this.#state.sequencer.noteHead(seq);
    this.#mender.note(seq);
    this.#mender.start();
  }

  /** Asks the log for the channel's epoch, and begins anew where it is another one, or where the channel has none any more. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#confirm();
    return this.#refreshing;
  }

  /** Resolves when the feed has moved on. Rejects with the signal's reason, or when the feed closes. */
  advanced(signal: AbortSignal): Promise<void> {
    if (this.#isClosed) return Promise.reject(CLOSED);
    this.#closing ??= new AbortController();
    const either = AbortSignal.any([signal, this.#closing.signal]);
    return new Promise((resolve, reject) => {
      const end = () => {
        this.readers.delete(reader);
        either.removeEventListener('abort', abort);
      };
      const abort = () => {
        end();
        reject(either.reason);
      };
      const reader: Reader = {
        flush: () => {
          end();
          resolve();
        },
      };
      if (either.aborted) return reject(either.reason);
      either.addEventListener('abort', abort);
      this.readers.add(reader);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#gone.reject(CLOSED);
    this.#wanting?.abort(CLOSED);
    this.#wanting = undefined;
    this.#closing?.abort(CLOSED);
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
      // Of what came before the head was read, everything of another epoch is old.
      const old = new Set(this.#held.slice(0, judged).filter(({ epoch }) => epoch !== this.position.epoch));
      this.#held = this.#held.filter((event) => !old.has(event));
      for (const { epoch } of old) this.#oldEpoch = epoch;
    } finally {
      this.#refreshing = undefined;
    }
    // What came since may be of a yet newer epoch: offered again, it is judged by another look at the head.
    this.#offerHeld();
  }

  /** The channel is used for the first time since the feed began: all that there is of it is new to every reader. */
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

  /** @param head undefined for a channel that has been used and has no epoch any more: its log was wiped */
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
