import type { ChannelEvent, ChannelReset, LanesError, Status, StatusName, Subscription } from '@realtime-lanes/client';
import type { Lanes } from './provider.ts';
import { Store } from './store.ts';

/** A channel, as a component sees it. A new object whenever something has changed. */
export interface ChannelState {
  /** What the client has of the channel, for `usePresence`; undefined before it is followed. */
  readonly subscription: Subscription | undefined;
  /** The newest events, in order, oldest first. */
  readonly events: readonly ChannelEvent[];
  /** The newest event of each key, in the order in which the keys came up. Empty without the option `keyOf`. */
  readonly latest: ReadonlyMap<string, ChannelEvent>;
  readonly status: StatusName;
  /** With `waiting`, what broke; with `closed`, what ended the channel for good. */
  readonly error: LanesError | undefined;
  /** The last reset, if there was any: events before it are missing, so load the state anew. A new object each time. */
  readonly reset: ChannelReset | undefined;
}

export interface ChannelRequest {
  readonly channel: string;
  readonly after: string | undefined;
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
};

/** Follows a channel while anybody listens, and keeps what came. */
export class ChannelStore {
  readonly #lanes: Lanes;
  readonly #request: ChannelRequest;
  readonly #state = new Store(INITIAL);
  #subscription: Subscription | undefined;
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
    const { channel } = this.#request;
    let subscription: Subscription;
    try {
      subscription = this.#lanes.connection.subscribe(channel, { after: this.#cursor });
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
  }

  #close(): void {
    const subscription = this.#subscription;
    if (subscription === undefined) return;
    this.#subscription = undefined;
    this.#cursor = subscription.cursor ?? this.#cursor;
    subscription.close();
    this.#lanes.board.forget(this);
  }

  #take(event: ChannelEvent): void {
    const { events, latest } = this.get();
    const { limit, keyOf } = this.#request;
    const key = keyOf?.(event);
    this.#change({
      events: [...events, event].slice(-limit),
      ...(key !== undefined && { latest: new Map(latest).set(key, event) }),
    });
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
