import type { PollAnswer, ResetReason } from '../../backbone/protocol.ts';
import type { Identity } from '../sign-in/identity.ts';
import { ChannelOrder, isAfter, parsePosition } from './channel-order.ts';
import { CHECK_INTERVAL_MS, type Lane, type LaneObserver, type ReceivedEvent } from './lane.ts';
import { Link } from './link.ts';
import { eventsUrl, type Fetch, type PollOutcome, poll } from './poll.ts';

/** A poll that answers so many events may not have answered all. */
const LONG_PAGE = 100;

/** How long an event that is known from elsewhere may take before the log is asked for it. */
const OVERDUE_MS = 1500;

/** How soon the log is asked again while something is still missing. */
const MEND_AGAIN_MS = 500;

/** `EventSource.CLOSED` */
const CLOSED = 2;

/** The part of the browser's EventSource that the lane uses. */
export interface Stream {
  readonly readyState: number;
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

export interface SseLaneOptions {
  readonly channel: string;
  readonly observer: LaneObserver;
  /** Event types to listen for: EventSource hands over no event of a type that it has no listener for. */
  readonly types: Iterable<string>;
  /** Keeps the session's cookie good, which is all that EventSource can send. @default nobody asks for one */
  readonly identity?: Pick<Identity, 'ready'> | undefined;
  readonly createStream?: (url: string) => Stream;
  readonly fetch?: Fetch;
  readonly random?: () => number;
}

interface Replay {
  readonly after: string;
  /** The last event that was missed; undefined until the log has told. */
  upTo?: string;
  received: number;
}

/**
 * A channel over the SSE lane: the browser's EventSource, which reconnects and resumes by itself, and the server's
 * order. A poll of the same URL fills in what EventSource hides: the id to resume from before any event has come, and
 * events of a type that nobody listened for.
 */
export class SseLane implements Lane {
  readonly #options: SseLaneOptions;
  readonly #order = new ChannelOrder<ReceivedEvent>();
  readonly #link: Link;
  readonly #types = new Set<string>();
  readonly #closing = new AbortController();
  #stream: Stream | undefined;
  #openedBefore = false;
  #mending = false;
  #replay: Replay | undefined;
  readonly #overdueTimers = new Set<ReturnType<typeof setTimeout>>();
  #mendTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #checkTimer: ReturnType<typeof setInterval>;

  constructor(options: SseLaneOptions) {
    this.#options = options;
    for (const type of ['message', ...options.types]) this.#types.add(type);
    const { observer, random = Math.random } = options;
    this.#link = new Link({
      open: () => void this.#connect(),
      drop: () => this.#drop(),
      onState: (state) => observer.onState(state),
      random,
    });
    this.#checkTimer = setInterval(() => void this.#check(), CHECK_INTERVAL_MS);
    this.#link.open();
  }

  cut(): void {
    if (!this.#link.connected) return;
    this.#options.observer.onNotice({ kind: 'cut', after: this.#order.position });
    this.#link.cut();
  }

  resume(): void {
    this.#link.resume();
  }

  close(): void {
    clearInterval(this.#checkTimer);
    for (const timer of this.#overdueTimers) clearTimeout(timer);
    this.#closing.abort();
    this.#link.close();
  }

  /** Listens for events of this type from now on. */
  learn(type: string): void {
    if (this.#types.has(type)) return;
    this.#types.add(type);
    this.#listen(type);
  }

  /** An event is known to exist, from the other lane or from its publication: asks for it if the stream does not bring it. */
  expect(id: string): void {
    if (this.#order.covers(id)) return;
    const timer = setTimeout(() => {
      this.#overdueTimers.delete(timer);
      if (!this.#order.covers(id)) void this.#mend(id);
    }, OVERDUE_MS);
    this.#overdueTimers.add(timer);
  }

  async #connect(): Promise<void> {
    if (!(await this.#isAllowed())) return;
    // The first poll answers the baseline, so that a cut before the first event can resume as well.
    if (this.#order.position === undefined && !(await this.#takeBaseline())) return;
    if (this.#closing.signal.aborted || this.#stream !== undefined) return;
    const { channel, createStream = openBrowserStream } = this.#options;
    const stream = createStream(eventsUrl(channel, { lastEventId: this.#order.position }));
    this.#stream = stream;
    stream.onopen = () => this.#opened();
    stream.onerror = () => this.#failed(stream);
    for (const type of this.#types) this.#listen(type);
    stream.addEventListener('reset', (event) => this.#reset(event));
    // Left alone, EventSource would come back with the old cookie.
    stream.addEventListener('expired', () => {
      this.#replay = undefined;
      this.#link.lost();
    });
  }

  async #isAllowed(): Promise<boolean> {
    try {
      await this.#options.identity?.ready();
      return true;
    } catch (error) {
      if (!this.#closing.signal.aborted) {
        this.#options.observer.onNotice({ kind: 'error', message: error instanceof Error ? error.message : String(error) });
        this.#link.lost();
      }
      return false;
    }
  }

  #listen(type: string): void {
    this.#stream?.addEventListener(type, (event) => this.#offer({ id: event.lastEventId, type, data: event.data }));
  }

  #drop(): void {
    clearTimeout(this.#mendTimer);
    this.#replay = undefined;
    this.#stream?.close();
    this.#stream = undefined;
  }

  #opened(): void {
    this.#link.established();
    const after = this.#order.position;
    if (this.#openedBefore && after !== undefined) {
      this.#replay = { after, received: 0 };
      void this.#boundReplay(this.#replay);
    }
    this.#openedBefore = true;
  }

  /** The stream has no mark for the end of a replay; the log says how far it will go. */
  async #boundReplay(replay: Replay): Promise<void> {
    let upTo = replay.after;
    for (let more = true; more; ) {
      const answer = await this.#poll(upTo);
      const events = answer.kind === 'events' ? answer.body.events : [];
      upTo = events.at(-1)?.id ?? upTo;
      more = events.length >= LONG_PAGE;
    }
    if (this.#replay !== replay) return;
    replay.upTo = upTo;
    this.#endReplayWhenComplete();
    // It may end with events of a type that nobody listens for.
    this.expect(upTo);
  }

  #endReplayWhenComplete(): void {
    if (this.#replay?.upTo !== undefined && this.#order.covers(this.#replay.upTo)) this.#endReplay();
  }

  #endReplay(): void {
    const replay = this.#replay;
    if (replay === undefined) return;
    this.#replay = undefined;
    this.#options.observer.onNotice({ kind: 'resumed', after: replay.after, replayed: replay.received });
  }

  #failed(stream: Stream): void {
    if (this.#link.connected) this.#options.observer.onNotice({ kind: 'lost', after: this.#order.position });
    this.#replay = undefined;
    // EventSource comes back by itself after a broken connection, but gives up for good on an answer other than 200.
    if (stream.readyState === CLOSED) this.#link.lost();
    else this.#link.interrupted();
  }

  #offer(event: ReceivedEvent): void {
    const offer = this.#order.offer(event);
    if (offer.kind === 'released') this.#deliver(offer.events);
    else if (offer.kind === 'repeat') this.#options.observer.onRepeat();
    else this.#adopt(event);
    // The server sends in order: what is skipped is a tombstone or of a type that nobody listens for. The log knows.
    const { newestHeld } = this.#order;
    if (newestHeld !== undefined) void this.#mend(newestHeld);
  }

  /** The order on the stream is the server's: an event of another epoch is where it goes on. */
  #adopt(event: ReceivedEvent): void {
    const at = parsePosition(event.id);
    if (at === undefined) return;
    this.#deliver(this.#order.start(`${at.epoch}.${at.seq}`));
    this.#deliver([event]);
  }

  #deliver(events: readonly ReceivedEvent[]): void {
    const replay = this.#replay;
    for (const event of events) {
      // A live event in the short time until the log has told counts as replayed.
      const replayed = replay !== undefined && (replay.upTo === undefined || !isAfter(event.id, replay.upTo));
      if (replayed) replay.received++;
      this.#options.observer.onEvent(event, replayed ? 'replayed' : 'live');
    }
    this.#endReplayWhenComplete();
  }

  #reset(event: MessageEvent<string>): void {
    this.#endReplay();
    this.#deliver(this.#order.start(event.lastEventId));
    const { reason } = JSON.parse(event.data) as { reason: ResetReason };
    this.#options.observer.onNotice({ kind: 'reset', reason });
  }

  async #takeBaseline(): Promise<boolean> {
    const answer = await this.#poll();
    if (this.#closing.signal.aborted) return false;
    if (answer.kind === 'absent') {
      clearInterval(this.#checkTimer);
      this.#options.observer.onState({ kind: 'absent' });
    } else if (answer.kind === 'failed') {
      this.#options.observer.onNotice({ kind: 'error', message: answer.message });
      this.#link.lost();
    } else {
      this.#order.start(answer.body.cursor);
    }
    return answer.kind === 'events';
  }

  /** Whether the log has something that the stream has not brought; what is only just on its way gets the time to arrive. */
  async #check(): Promise<void> {
    const after = this.#order.position;
    if (!this.#link.connected || after === undefined) return;
    const answer = await this.#poll(after);
    const newest = answer.kind === 'events' ? answer.body.events.at(-1) : undefined;
    if (newest !== undefined) this.expect(newest.id);
  }

  /** Asks the log for what is missing up to `id`. */
  async #mend(id: string): Promise<void> {
    const after = this.#order.position;
    if (!this.#link.connected || this.#mending || after === undefined) return;
    this.#mending = true;
    const answer = await this.#poll(after);
    this.#mending = false;
    // What a stream that was cut meanwhile has missed is the replay's to bring.
    if (!this.#link.connected) return;
    if (answer.kind === 'events') this.#fill(answer.body, after, id);
    // The log may not know yet whether an open seq will be written: it does soon.
    const { newestHeld } = this.#order;
    if (newestHeld === undefined) return;
    clearTimeout(this.#mendTimer);
    this.#mendTimer = setTimeout(() => void this.#mend(newestHeld), MEND_AGAIN_MS);
  }

  #fill(answer: PollAnswer, after: string, upTo: string): void {
    const hadGap = this.#order.newestHeld !== undefined;
    let found = 0;
    // Events behind `upTo` are on their way on the stream.
    for (const event of answer.events.filter(({ id }) => !isAfter(id, upTo))) {
      const offer = this.#order.offer(event);
      if (offer.kind !== 'released') continue;
      found++;
      this.#deliver(offer.events);
      if (this.#types.has(event.type)) continue;
      this.learn(event.type);
      this.#options.observer.onNotice({ kind: 'typeLearned', type: event.type });
    }
    this.#deliver(this.#order.settle(isAfter(answer.cursor, upTo) ? upTo : answer.cursor));
    if ((hadGap || found > 0) && this.#order.newestHeld === undefined) {
      this.#options.observer.onNotice({ kind: 'mended', after, found });
    }
  }

  #poll(after?: string): Promise<PollOutcome> {
    const { channel, fetch: request = fetch } = this.#options;
    return poll(channel, after, request, this.#closing.signal);
  }
}

function openBrowserStream(url: string): Stream {
  return new EventSource(url);
}
