import {
  type ChannelEvent,
  type ChannelLatest,
  type ChannelReset,
  covers,
  type LanesError,
  type LatestValue,
  type Status,
  type StatusName,
  type Subscription,
} from '@realtime-lanes/client';
import type { Lanes } from './provider.ts';
import { Store } from './store.ts';

/** A channel, as a component sees it. A new object whenever something has changed. */
export interface ChannelState {
  /** What the client has of the channel, for `usePresence`; undefined before it is followed. */
  readonly subscription: Subscription | undefined;
  /** The newest events, in order, oldest first, with `bytes` as the client hands them out. Empty on a `latest` channel. */
  readonly events: readonly ChannelEvent[];
  /**
   * The newest of each key, in the order in which the keys came up: on a `latest` channel of each key that it has, elsewhere as the
   * option `keyOf` tells, without which it is empty.
   */
  readonly latest: ReadonlyMap<string, ChannelEvent | LatestValue>;
  readonly status: StatusName;
  /** With `waiting`, what broke; with `closed`, what ended the channel for good. */
  readonly error: LanesError | undefined;
  /** The last reset, if there was any: events before it are missing, so load the state anew. A new object each time. */
  readonly reset: ChannelReset | undefined;
  /**
   * Puts a page of the history in front of `events`: as many as the option `last`, or 100, if there is room below `limit`. Does
   * nothing without {@link hasOlder} or while {@link isLoadingOlder}. Always the same function, for effects.
   */
  readonly loadOlder: () => void;
  /** Whether there may be older events to load: false at the beginning of what the server keeps, and when `events` is full. */
  readonly hasOlder: boolean;
  readonly isLoadingOlder: boolean;
  /** What ended the last {@link loadOlder}. Temporary errors are retried until the page has come. */
  readonly olderError: LanesError | undefined;
}

export interface ChannelRequest {
  readonly channel: string;
  readonly after: string | undefined;
  readonly last: number | undefined;
  readonly limit: number;
  /** The key of an event, by which only the newest is in `latest`. */
  readonly keyOf: ((event: ChannelEvent) => string | undefined) | undefined;
}

export const INITIAL: ChannelState = {
  subscription: undefined,
  events: [],
  latest: new Map(),
  status: 'connecting',
  error: undefined,
  reset: undefined,
  loadOlder: () => {},
  hasOlder: true,
  isLoadingOlder: false,
  olderError: undefined,
};

const PAGE_SIZE = 100;

/** Follows a channel while anybody listens, and keeps what came. */
export class ChannelStore {
  readonly #lanes: Lanes;
  readonly #request: ChannelRequest;
  readonly #state = new Store<ChannelState>({ ...INITIAL, loadOlder: () => void this.#loadOlder() });
  #subscription: Subscription | undefined;
  #loading: AbortController | undefined;
  /** Where to go on when somebody listens again. */
  #cursor: string | undefined;

  constructor(lanes: Lanes, request: ChannelRequest) {
    this.#lanes = lanes;
    this.#request = request;
    this.#cursor = request.after;
  }

  readonly get = (): ChannelState => this.#state.get();

  /** Connects for the first listener. Returns what removes it. */
  readonly subscribe = (listener: () => void): (() => void) => {
    const remove = this.#state.subscribe(listener);
    if (this.#subscription === undefined) this.#open();
    return () => {
      remove();
      // Not at once: StrictMode comes back in the same task, and keeps the stream.
      void Promise.resolve().then(() => {
        if (!this.#state.isHeard) this.#close();
      });
    };
  };

  #open(): void {
    const { channel, last } = this.#request;
    let subscription: Subscription;
    try {
      subscription = this.#lanes.connection.subscribe(channel, { after: this.#cursor, last });
    } catch (thrown) {
      if (!isLanesError(thrown)) throw thrown;
      // A channel that cannot exist, or a closed connection: to a component, the same as a refusal by the server.
      this.#change({ status: 'closed', error: thrown });
      return;
    }
    this.#subscription = subscription;
    this.#change({ subscription });
    this.#note(subscription.status);
    subscription.addEventListener('status', ({ detail }) => this.#note(detail));
    subscription.addEventListener('reset', ({ detail }) => this.#change({ reset: { ...detail } }));
    subscription.addEventListener('event', ({ detail }) => this.#take(detail));
    this.#takeLatest(subscription);
  }

  #close(): void {
    const subscription = this.#subscription;
    if (subscription === undefined) return;
    this.#subscription = undefined;
    this.#cursor = subscription.cursor ?? this.#cursor;
    subscription.close();
    this.#loading?.abort();
    this.#change({ isLoadingOlder: false });
    this.#lanes.board.forget(this);
  }

  #take(event: ChannelEvent): void {
    const { events, latest } = this.get();
    const key = this.#request.keyOf?.(event);
    this.#keep([...events, event], key === undefined ? {} : { latest: new Map(latest).set(key, event) });
  }

  #takeLatest(subscription: Subscription): void {
    // Those of an earlier subscription: a key that was removed in between is just missing in the snapshot.
    const unseen = new Set([...this.get().latest].flatMap(([key, { kind }]) => (kind === 'latest' ? [key] : [])));
    subscription.addEventListener('latest', ({ detail }) => {
      unseen.delete(detail.key);
      this.#setLatest(detail);
    });
    subscription.ready.then(
      () => {
        if (unseen.size > 0) this.#change({ latest: new Map([...this.get().latest].filter(([key]) => !unseen.has(key))) });
        // Channels that are not durable keep no events.
        if (subscription.cursor === undefined) this.#change({ hasOlder: false });
      },
      () => {},
    );
  }

  #setLatest(item: ChannelLatest): void {
    const latest = new Map(this.get().latest);
    if (item.removed) latest.delete(item.key);
    else latest.set(item.key, item);
    this.#change({ latest });
  }

  async #loadOlder(): Promise<void> {
    const { hasOlder, isLoadingOlder } = this.get();
    const subscription = this.#subscription;
    if (subscription === undefined || isLoadingOlder || !hasOlder) return;
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.#change({ isLoadingOlder: true, olderError: undefined });
    try {
      // Before that, nobody knows which events come by themselves.
      await subscription.ready;
      const page = await this.#readOlder(signal);
      if (page === undefined) this.#change({ hasOlder: false });
      else this.#prepend(page, subscription.cursor);
    } catch (thrown) {
      if (signal.aborted) return;
      if (!isLanesError(thrown)) throw thrown;
      this.#change({ olderError: thrown });
    } finally {
      if (!signal.aborted) this.#change({ isLoadingOlder: false });
    }
  }

  /** @returns undefined if there is nothing older, or no room */
  async #readOlder(signal: AbortSignal): Promise<readonly ChannelEvent[] | undefined> {
    const { channel, last = PAGE_SIZE, limit } = this.#request;
    const { events } = this.get();
    const room = limit - events.length;
    if (room === 0) return undefined;
    const pages = this.#lanes.connection.history(channel, { before: events[0]?.id, limit: Math.min(last, room), signal });
    for await (const page of pages) return page;
    return undefined;
  }

  /** @param cursor what is behind it comes by itself */
  #prepend(page: readonly ChannelEvent[], cursor: string | undefined): void {
    const { events } = this.get();
    const known = new Set(events.map(({ id }) => id));
    this.#keep([...page.filter(({ id }) => cursor !== undefined && covers(cursor, id) && !known.has(id)), ...events]);
  }

  #keep(events: readonly ChannelEvent[], changes: Partial<ChannelState> = {}): void {
    const { limit } = this.#request;
    this.#change({ events: events.slice(-limit), ...(events.length >= limit && { hasOlder: false }), ...changes });
  }

  #note(status: Status): void {
    // That of a subscription which was closed here says nothing.
    if (this.#subscription === undefined) return;
    this.#lanes.board.note(this, status);
    this.#change({ status: status.status, error: status.error });
  }

  #change(changes: Partial<ChannelState>): void {
    this.#state.set({ ...this.get(), ...changes });
  }
}

/** By its name: a test may have loaded the client twice, as a module of Node and as one of browsers. */
function isLanesError(thrown: unknown): thrown is LanesError {
  return thrown instanceof Error && thrown.name === 'LanesError';
}
