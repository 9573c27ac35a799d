import { Backoff, HALF_JITTER } from '../../protocol/backoff.ts';
import { type LanesError, toLanesError } from './errors.ts';
import type { Feed } from './feed.ts';
import type { Tunables } from './options.ts';
import { covers } from './order.ts';
import type { LaneSocket, PushFrame } from './socket.ts';
import { SUBSCRIPTION, type SubscriptionEffect, type SubscriptionEvent, type SubscriptionState } from './socket-states.ts';
import type { ChannelItem, ResetReason } from './types.ts';
import { startTimer, type Timer } from './wait.ts';

/**
 * The longest wait for a gap before the client asks: by then the server has tombstoned what was never
 * written.
 */
const GAP_WAIT_MAX_MS = 5_000;

/** The socket in use, and what the server knows of our channels on it. */
interface SocketInUse {
  readonly socket: LaneSocket;
  /**
   * Channels with a request in progress. One at a time for each channel, because the server handles a socket's
   * frames concurrently.
   */
  readonly busy: Set<string>;
  readonly subscribed: Set<string>;
}

/**
 * A subscribe request in progress. A `reset` on its socket belongs to it, because that frame does not name a
 * request.
 */
interface SubscribeRequest {
  readonly socket: LaneSocket;
  readonly onReset: (reason: ResetReason) => void;
}

interface SocketSubscription {
  readonly feed: Feed;
  /** Rejects the promise that {@link SocketSubscriptions.add} returned. */
  readonly reject: (error: LanesError) => void;
  readonly backoff: Backoff;
  state: SubscriptionState;
  /** Why the last request failed. */
  error: LanesError | undefined;
  /** Exists while a request is in progress. */
  request: SubscribeRequest | undefined;
  /** The socket on which it has caught up. */
  caughtUpOn: LaneSocket | undefined;
  /** Exists from the first request on another socket until its answer is complete. */
  replay: { readonly after: string; count: number } | undefined;
  timer: Timer;
}

/**
 * The subscriptions of one connection on its socket. Order and gaps are repaired here: events that arrive out
 * of order wait, and missing ones are requested by subscribing again after the last event in order. The table
 * `SUBSCRIPTION` decides when; this class carries it out.
 */
export class SocketSubscriptions {
  readonly #options: Tunables;
  readonly #onSettled: () => void;
  readonly #all = new Set<SocketSubscription>();
  #inUse: SocketInUse | undefined;

  readonly #effects: Readonly<Record<SubscriptionEffect, (subscription: SocketSubscription) => void>> = {
    schedule: ({ feed }) => this.#schedule(feed.channel),
    subscribe: (subscription) => this.#subscribe(subscription),
    startGapTimer: (subscription) => {
      this.#startTimer(subscription, subscription.backoff.nextDelayMs(GAP_WAIT_MAX_MS));
    },
    startRetryTimer: (subscription) => {
      const { backoff, error } = subscription;
      // Added to the wait that the server asks for, so that subscriptions refused together do not return
      // together.
      this.#startTimer(subscription, (error?.retryAfterMs ?? 0) + backoff.nextDelayMs(this.#options.reconnectMaxMs));
    },
    stopTimer: ({ timer }) => clearTimeout(timer),
    resetBackoff: ({ backoff }) => backoff.reset(),
    fail({ reject, error }) {
      if (error !== undefined) reject(error);
    },
    release: (subscription) => {
      subscription.request = undefined;
      this.#all.delete(subscription);
      this.#schedule(subscription.feed.channel);
    },
  };

  /** @param onSettled called when no subscription waits for an answer on the socket in use */
  constructor(options: Tunables, onSettled: () => void) {
    this.#options = options;
    this.#onSettled = onSettled;
  }

  /** Resolves when `signal` is aborted; rejects with an error that is final. */
  add(feed: Feed, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const subscription: SocketSubscription = {
        feed,
        reject,
        backoff: new Backoff(this.#options.gapWaitMs, HALF_JITTER),
        state: 'queued',
        error: undefined,
        request: undefined,
        caughtUpOn: undefined,
        replay: undefined,
        timer: undefined,
      };
      this.#all.add(subscription);
      signal.addEventListener('abort', () => {
        this.#dispatch(subscription, 'left');
        resolve();
      });
      this.#schedule(feed.channel);
    });
  }

  /** Moves all subscriptions to another socket; undefined if the one in use was lost. */
  use(socket: LaneSocket | undefined): void {
    this.#inUse = socket && { socket, busy: new Set(), subscribed: new Set() };
    if (socket === undefined) return;
    for (const subscription of this.#all) this.#dispatch(subscription, 'moved');
    this.#settle();
  }

  /**
   * Asks the server where the log is, and then only for what does not come up to there by itself: so an event that was lost as the
   * last one is found. A server that does not say is asked for every channel.
   * @throws LanesError the check has failed
   */
  check(socket: LaneSocket): Promise<void> {
    const positions = [...this.#all].map((subscription) => [subscription, subscription.feed.order.cursor] as const);
    const states = this.#watching.map(({ channel, rider }) => [channel, rider?.state]);
    return socket.request({ action: 'ping', heads: true, ...(states[0] && { presenceStates: Object.fromEntries(states) }) }, (response) => {
      for (const [subscription, after] of positions) {
        // Without a position its first request is under way.
        if (response.kind !== 'pong' || after === undefined) continue;
        const { channel, order } = subscription.feed;
        const head = response.heads?.[channel];
        if (head !== undefined && covers(head, after)) {
          order.noteHead(head);
          this.#dispatch(subscription, order.hasGap ? 'gap' : 'inOrder');
        } else {
          // Not subscribed, or the log does not hold what has come: it has another epoch, or was restored.
          this.#dispatch(subscription, 'refresh');
        }
      }
      return true;
    });
  }

  failAll(error: LanesError): void {
    for (const subscription of this.#all) this.#dispatch(subscription, 'refused', error);
  }

  waiting(error: LanesError, delayMs: number): void {
    for (const { feed } of this.#all) feed.waiting(error, delayMs);
  }

  receive(push: PushFrame, from: LaneSocket): void {
    for (const subscription of this.#all) {
      const { feed, request } = subscription;
      if (feed.channel !== push.channel) continue;
      if (push.kind === 'presence') {
        feed.rider?.take(push);
      } else if (push.kind === 'reset') {
        if (request?.socket === from) request.onReset(push.reason);
      } else if (push.kind === 'ephemeral') {
        feed.take([{ ...push, kind: 'event', id: '' }]);
      } else {
        deliver(subscription, feed.order.offer(push));
        this.#dispatch(subscription, feed.order.hasGap ? 'gap' : 'inOrder');
      }
    }
  }

  /** Who asks for changes of presence. */
  get #watching(): readonly Feed[] {
    return [...this.#all].map(({ feed }) => feed).filter(({ rider }) => rider?.watches);
  }

  #dispatch(subscription: SocketSubscription, event: SubscriptionEvent, error?: LanesError): void {
    const transition = SUBSCRIPTION[subscription.state][event];
    if (transition === undefined) return;
    const [state, ...effects] = transition;
    subscription.state = state;
    if (error !== undefined) subscription.error = error;
    for (const effect of effects) this.#effects[effect](subscription);
  }

  #startTimer(subscription: SocketSubscription, delayMs: number): void {
    subscription.timer = startTimer(delayMs, () => this.#dispatch(subscription, 'retryDue'));
  }

  /** Sends the next request that a channel needs on the socket, unless one is in progress. */
  #schedule(channel: string): void {
    const inUse = this.#inUse;
    if (inUse === undefined || inUse.busy.has(channel)) return;
    const subscriptions = [...this.#all].filter(({ feed }) => feed.channel === channel);
    const next = subscriptions.find(({ state }) => state === 'queued');
    if (next !== undefined) this.#dispatch(next, 'turn');
    else if (subscriptions.length === 0 && inUse.subscribed.delete(channel)) void this.#unsubscribe(channel, inUse);
  }

  /** Reserves a channel for one request. */
  async #request(channel: string, { busy }: SocketInUse, send: () => Promise<unknown>): Promise<void> {
    busy.add(channel);
    await send();
    busy.delete(channel);
    this.#schedule(channel);
    this.#settle();
  }

  #subscribe(subscription: SocketSubscription): void {
    const inUse = this.#inUse;
    if (inUse !== undefined) void this.#request(subscription.feed.channel, inUse, () => this.#sendSubscribe(subscription, inUse));
  }

  /** Settles when the request was answered completely or has failed; never rejects. */
  async #sendSubscribe(subscription: SocketSubscription, { socket, subscribed }: SocketInUse): Promise<void> {
    const { feed, backoff } = subscription;
    const { channel, order, rider } = feed;
    const { cursor: after, isAtOrigin } = order;
    // Another subscription of the channel may be the one that watches: the server knows one of each channel.
    const presence = this.#watching.some((watching) => watching.channel === channel) && {
      presence: true,
      presenceState: rider?.state ?? '',
    };
    let baseline: string | undefined;
    const request: SubscribeRequest = {
      socket,
      onReset(reason) {
        // `epoch_changed` after the origin is for clients that do not know that the first epoch begins there:
        // nothing was lost.
        if (!isAtOrigin || reason !== 'epoch_changed') deliver(subscription, order.reset(reason, baseline));
      },
    };
    // False if the request on another socket replaced this one, or none is in progress. Resets are then
    // ignored, so the answers to this request must not count either.
    const isCurrent = () => subscription.request === request;
    subscription.request = request;
    subscribed.add(channel);
    if (after !== undefined && subscription.caughtUpOn !== socket && subscription.replay === undefined) {
      subscription.replay = { after, count: 0 };
      feed.report({ kind: 'resuming', after });
    }
    order.ask();
    let failure: LanesError | undefined;
    try {
      await socket.request(
        { action: 'subscribe', channel, batch: true, ...(after !== undefined && { after }), ...presence },
        (response) => {
          if (!isCurrent()) return true;
          if (response.kind === 'caughtUp') deliver(subscription, order.settle(response.id));
          if (response.kind === 'error' && response.id !== undefined) {
            backoff.reset();
            deliver(subscription, order.settle(response.id));
          }
          if (response.kind !== 'subscribed') return true;
          baseline = response.id;
          if (after === undefined && baseline) deliver(subscription, order.settle(baseline));
          rider?.board(socket);
          feed.live();
          // An ephemeral channel has no baseline, and nothing follows.
          return after === undefined || !baseline;
        },
      );
    } catch (thrown) {
      failure = toLanesError(thrown);
    }
    if (!isCurrent()) return;
    subscription.request = undefined;
    if (failure !== undefined) return this.#dispatch(subscription, failure.final ? 'refused' : 'failed', failure);
    caughtUp(subscription, socket);
    this.#dispatch(subscription, order.hasGap ? 'incomplete' : 'complete');
  }

  /** Events that still arrive find no subscription, so a failure does not matter. */
  #unsubscribe(channel: string, inUse: SocketInUse): Promise<void> {
    const send = () => inUse.socket.request({ action: 'unsubscribe', channel }, () => true).catch(() => {});
    return this.#request(channel, inUse, send);
  }

  #settle(): void {
    if (this.#inUse === undefined || this.#inUse.busy.size > 0) return;
    if ([...this.#all].every(({ state }) => state !== 'queued')) this.#onSettled();
  }
}

function deliver({ feed, replay }: SocketSubscription, items: readonly ChannelItem[]): void {
  if (replay !== undefined) replay.count += items.filter(({ kind }) => kind === 'event').length;
  feed.take(items);
}

function caughtUp(subscription: SocketSubscription, socket: LaneSocket): void {
  const { feed, replay } = subscription;
  subscription.caughtUpOn = socket;
  subscription.replay = undefined;
  if (replay !== undefined) feed.report({ kind: 'resumed', after: replay.after, replayed: replay.count });
}
