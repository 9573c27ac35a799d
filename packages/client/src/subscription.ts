import { Emitter } from './emitter.ts';
import type { Environment } from './environment.ts';
import { LanesError, toLanesError } from './errors.ts';
import type { Feed } from './feed.ts';
import type { Tunables } from './options.ts';
import { Order } from './order.ts';
import { retry } from './retry.ts';
import type { Rider } from './rider.ts';
import type {
  Activity,
  ChannelActivity,
  ChannelItem,
  Listener,
  Status,
  StatusName,
  SubscribeOptions,
  Subscription,
  SubscriptionEvents,
  TypedEventTarget,
} from './types.ts';
import { onAbort, wait } from './wait.ts';

/** What a subscription needs of its connection. */
export interface SubscriptionOwner {
  readonly options: Tunables;
  readonly environment: Environment;
  /** The transport in use now. */
  activeTransport(): Status['transport'];
  /**
   * Feeds a subscription over it. Resolves if it should be called again at once; rejects if the transport
   * broke.
   */
  follow(feed: Feed, signal: AbortSignal): Promise<void>;
  changed(status: Status): void;
  report(activity: Activity): void;
  /** Called once. */
  ended(subscription: LaneSubscription): void;
}

/** Items were added or removed. */
const CHANGED = 'changed';

export class LaneSubscription extends (EventTarget as new () => TypedEventTarget<SubscriptionEvents>) implements Subscription, Feed {
  readonly channel: string;
  readonly order: Order;
  readonly ready: Promise<void>;
  /** Set by presence, which then calls {@link restart}. */
  rider: Rider | undefined;
  readonly #owner: SubscriptionOwner;
  readonly #closing = new AbortController();
  readonly #inner = new Emitter();
  /** Items for the iterator, or for a listener that was not added yet. */
  readonly #buffer: ChannelItem[] = [];
  #iterated = false;
  #listenedTo = false;
  #handedOver: string | undefined;
  #status: Status;
  /** Aborted when the transport must stop. */
  #round = new AbortController();
  #roundIsLive = () => {};
  #isReady = () => {};
  #isNotReady: (error: LanesError) => void = () => {};

  /** Starts at once. */
  constructor(channel: string, { after, signal }: SubscribeOptions, owner: SubscriptionOwner) {
    super();
    this.channel = channel;
    this.order = new Order(channel, after, (activity) => this.report(activity));
    this.#handedOver = after;
    this.#owner = owner;
    this.#status = { status: 'connecting', channel, transport: owner.activeTransport() };
    this.ready = new Promise((resolve, reject) => {
      this.#isReady = resolve;
      this.#isNotReady = reject;
    });
    // Avoids an unhandled rejection when nobody awaits it.
    this.ready.catch(() => {});
    onAbort(signal, () => this.close(), this.#closing.signal);
    void this.#run();
  }

  get status(): Status {
    return this.#status;
  }

  get cursor(): string | undefined {
    return this.#handedOver;
  }

  override addEventListener<K extends keyof SubscriptionEvents>(
    type: K,
    listener: Listener<SubscriptionEvents[K]>,
    options?: boolean | AddEventListenerOptions,
  ): void {
    super.addEventListener(type, listener, options);
    if (type !== 'event' || this.#listenedTo) return;
    this.#listenedTo = true;
    // Deferred, because the application may add other listeners right after this one.
    queueMicrotask(() => this.#flush());
  }

  [Symbol.asyncIterator](): AsyncGenerator<ChannelItem, void> {
    const items = this.#items();
    // A generator would first let a pending `next()` finish, which may take for ever, and would not run if it has not begun.
    const end = (how: 'return' | 'throw') => {
      const finish = items[how].bind(items);
      items[how] = (value?: unknown) => {
        this.close();
        return finish(value as undefined);
      };
    };
    end('return');
    end('throw');
    return items;
  }

  async *#items(): AsyncGenerator<ChannelItem, void> {
    this.#iterated = true;
    try {
      for (;;) {
        for (let item = this.#shift(); item !== undefined; item = this.#shift()) yield item;
        if (this.#closing.signal.aborted) {
          if (this.#status.error) throw this.#status.error;
          return;
        }
        await wait(Number.POSITIVE_INFINITY, this.#closing.signal, this.#inner, [CHANGED]).catch(() => {});
      }
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#buffer.length = 0;
    this.#end();
  }

  /** Reconnects at once, over the transport that the connection uses now. */
  restart(): void {
    this.#round.abort();
  }

  take(items: readonly ChannelItem[]): void {
    if (this.#closing.signal.aborted) return;
    this.#buffer.push(...items);
    if (!this.#iterated) {
      if (this.#listenedTo) this.#flush();
    } else if (this.#listenedTo) {
      for (const item of items) this.#dispatch(item);
    }
    if (this.#buffer.length === 0) this.#handedOver = this.order.cursor ?? this.#handedOver;
    else this.#announceChange();
    // The reader is slow: the transport stops here, and resumes at the cursor when there is room.
    if (this.#buffer.length >= this.#owner.options.bufferLimit) this.#round.abort();
  }

  live(): void {
    // The last items filled the buffer and stopped the transport.
    if (this.#round.signal.aborted) return;
    this.#isReady();
    this.#roundIsLive();
    if (this.#status.status !== 'live') this.#setStatus('live');
  }

  waiting(error: LanesError, delayMs: number): void {
    this.#setStatus('waiting', { error, delayMs });
  }

  report(activity: ChannelActivity): void {
    this.#owner.report({ ...activity, channel: this.channel });
  }

  async #run(): Promise<void> {
    const { options, environment } = this.#owner;
    const { signal } = this.#closing;
    try {
      await retry(
        (live) => this.#follow(live),
        { options, environment, signal },
        (error, delayMs) => this.waiting(error, delayMs),
      );
    } catch (thrown) {
      this.#end(toLanesError(thrown));
    }
  }

  /** One round: runs until the transport breaks (it rejects), or should run again. */
  async #follow(live: () => void): Promise<undefined> {
    const { bufferLimit } = this.#owner.options;
    if (this.#buffer.length >= bufferLimit) {
      this.#setStatus('paused');
      while (this.#buffer.length * 2 > bufferLimit) await wait(Number.POSITIVE_INFINITY, this.#closing.signal, this.#inner, [CHANGED]);
    }
    const round = new AbortController();
    this.#round = round;
    this.#roundIsLive = live;
    this.#setStatus('connecting');
    try {
      await this.#owner.follow(this, round.signal);
    } catch (thrown) {
      // Stopped by this library: to pause, or to continue over another transport.
      if (!round.signal.aborted) throw thrown;
    }
  }

  #shift(): ChannelItem | undefined {
    const item = this.#buffer.shift();
    if (this.#buffer.length === 0) this.#handedOver = this.order.cursor ?? this.#handedOver;
    else if (item?.kind === 'event') this.#handedOver = item.id;
    if (this.#status.status === 'paused') this.#announceChange();
    return item;
  }

  #flush(): void {
    if (this.#iterated) return;
    for (let item = this.#shift(); item !== undefined; item = this.#shift()) this.#dispatch(item);
  }

  #dispatch(item: ChannelItem): void {
    this.dispatchEvent(new CustomEvent(item.kind, { detail: item }));
  }

  #announceChange(): void {
    this.#inner.emit(CHANGED);
  }

  #setStatus(status: StatusName, more: Pick<Status, 'error' | 'delayMs'> = {}): void {
    this.#status = { status, channel: this.channel, transport: this.#owner.activeTransport(), ...more };
    this.dispatchEvent(new CustomEvent('status', { detail: this.#status }));
    this.#owner.changed(this.#status);
  }

  #end(error?: LanesError): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#round.abort();
    this.#setStatus('closed', { error });
    this.#isNotReady(error ?? new LanesError('closed', 'the subscription is closed'));
    this.#owner.ended(this);
  }
}
