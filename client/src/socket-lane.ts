import { LanesError, toLanesError } from './errors.ts';
import type { Feed } from './feed.ts';
import { ORIGIN } from './order.ts';
import { keepTrying } from './retry.ts';
import { type LaneSocket, type News, openSocket, type SocketOptions } from './socket.ts';
import type { Surroundings } from './surroundings.ts';
import type { Publication, Published, ResetReason } from './types.ts';
import { guard, wait } from './wait.ts';

/** No gap is waited on for longer before the client asks: by then the server has buried what was never written. */
const GAP_WAIT_MAX_MS = 5_000;

/** Dispatched when there is a socket, or none to be had. */
const LINE = 'line';

/** A socket, and what the server knows of our channels on it. */
interface Line {
  readonly socket: LaneSocket;
  /** Channels with a request under way. One at a time each, since the server handles the frames of a socket side by side. */
  readonly busy: Set<string>;
  readonly subscribed: Set<string>;
}

/** A subscription under way, to which a `reset` belongs that comes on its socket: the frame does not name a request. */
interface Asking {
  readonly socket: LaneSocket;
  readonly onReset: (reason: ResetReason) => void;
}

interface Follower {
  readonly feed: Feed;
  readonly signal: AbortSignal;
  readonly fail: (error: LanesError) => void;
  /** Has to subscribe, again or for the first time. */
  wants: boolean;
  /** Could not subscribe, and has to try again. */
  failed: boolean;
  /** There while it subscribes. */
  asking: Asking | undefined;
  /** The server has asked for it to wait this long. */
  retryAfterMs: number;
  /** Times in a row that asking has brought no order. */
  vainTries: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/**
 * The WebSocket lane: one socket for all subscriptions of a connection. It reconnects by itself, and replaces the socket before
 * API Gateway closes it. Order and gaps are mended here: what comes out of order waits, and what is missing is asked for by
 * subscribing again after the last event that is in order.
 */
export class SocketLane {
  readonly #deps: SocketOptions & { readonly surroundings: Surroundings };
  readonly #followers = new Set<Follower>();
  readonly #inner = new EventTarget();
  #line: Line | undefined;
  /** The socket before, which delivers until the subscriptions stand on the new one. */
  #retiring: Line | undefined;
  #running: AbortController | undefined;
  #failure: LanesError | undefined;

  constructor(deps: SocketOptions & { readonly surroundings: Surroundings }) {
    this.#deps = deps;
  }

  /** Feeds a subscription until `signal` is aborted: then it resolves. Rejects with what no reconnecting can mend. */
  follow(feed: Feed, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const follower: Follower = {
        feed,
        signal,
        fail: reject,
        wants: true,
        failed: false,
        retryAfterMs: 0,
        asking: undefined,
        vainTries: 0,
        timer: undefined,
      };
      this.#followers.add(follower);
      signal.addEventListener('abort', () => {
        this.#followers.delete(follower);
        clearTimeout(follower.timer);
        this.#sync(feed.channel);
        resolve();
      });
      this.#start();
      this.#sync(feed.channel);
    });
  }

  /** Publishes once, on the socket as soon as there is one. Nobody knows after an error whether the event was published. */
  async publish(channel: string, event: Publication, signal: AbortSignal): Promise<Published> {
    this.#start();
    while (this.#line === undefined) {
      await wait(Number.POSITIVE_INFINITY, signal, this.#inner, [LINE]);
      if (this.#failure) throw this.#failure;
    }
    let id = '';
    const acknowledged = this.#line.socket.request({ action: 'publish', channel, ...event }, (answer) => {
      if (answer.kind === 'published') id = answer.id;
      return true;
    });
    await Promise.race([acknowledged, wait(Number.POSITIVE_INFINITY, signal)]);
    return { channel, id };
  }

  /** Closes the socket. */
  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
    for (const line of [this.#line, this.#retiring]) line?.socket.close(new LanesError('closed', 'the socket is closed'));
    this.#line = this.#retiring = undefined;
  }

  #start(): void {
    if (this.#running !== undefined) return;
    const running = new AbortController();
    this.#running = running;
    this.#failure = undefined;
    const { signal } = running;
    const onWaiting = (error: LanesError, delayMs: number) => {
      // A vain try to replace a socket that still delivers concerns nobody.
      if (this.#line === undefined) for (const { feed } of this.#followers) feed.waiting(error, delayMs);
    };
    keepTrying((live) => this.#session(live, signal), { ...this.#deps, signal, onWaiting }).catch((thrown) => {
      if (signal.aborted) return;
      this.#running = undefined;
      this.#failure = toLanesError(thrown);
      for (const { fail } of this.#followers) fail(this.#failure);
      this.#inner.dispatchEvent(new Event(LINE));
    });
  }

  /** Opens a socket. Resolves when it has to be replaced, and leaves it open until then; rejects when it is lost. */
  async #session(live: () => void, signal: AbortSignal): Promise<undefined> {
    const { options, surroundings } = this.#deps;
    const socket = await openSocket(this.#deps, signal, (news, from) => this.#receive(news, from));
    if (signal.aborted) socket.close(new LanesError('closed', 'the socket is closed'));
    signal.throwIfAborted();
    const line: Line = { socket, busy: new Set(), subscribed: new Set() };
    this.#install(line);
    live();
    const watch = guard(signal);
    const check = () => this.#check(line);
    const checks = setInterval(check, jitter(options.pingIntervalMs));
    surroundings.addEventListener('visible', check, { signal: watch.signal });
    try {
      await Promise.race([
        socket.lost.then((reason) => Promise.reject(reason)),
        wait(jitter(options.rotateAfterMs), watch.signal, surroundings, ['online']),
      ]);
    } finally {
      clearInterval(checks);
      watch.release();
    }
  }

  #install(line: Line): void {
    if (this.#line !== undefined) {
      this.#retiring?.socket.close(new LanesError('closed', 'the socket was replaced'));
      this.#retiring = this.#line;
    }
    this.#line = line;
    void line.socket.lost.then(() => {
      if (this.#line === line) this.#line = undefined;
    });
    this.#inner.dispatchEvent(new Event(LINE));
    this.#subscribeAll();
    this.#retire();
  }

  /** Keeps the socket from being closed as idle, finds out whether it is dead, and finds a last event that was lost. */
  #check({ socket }: Line): void {
    if (this.#followers.size > 0) this.#subscribeAll();
    // Silence closes the socket; any other failure does not matter.
    else socket.request({ action: 'ping' }, () => true).catch(() => {});
  }

  #subscribeAll(): void {
    for (const follower of this.#followers) follower.wants = true;
    for (const { feed } of this.#followers) this.#sync(feed.channel);
  }

  /** Does the next thing that a channel needs on the socket, if it does not do one already. */
  #sync(channel: string): void {
    const line = this.#line;
    if (line === undefined || line.busy.has(channel)) return;
    const followers = [...this.#followers].filter(({ feed }) => feed.channel === channel);
    const next = followers.find(({ wants }) => wants);
    let done: Promise<void>;
    if (next !== undefined) done = this.#subscribe(next, line);
    else if (followers.length === 0 && line.subscribed.delete(channel)) done = this.#unsubscribe(channel, line);
    else return;
    line.busy.add(channel);
    void done.then(() => {
      line.busy.delete(channel);
      this.#sync(channel);
      this.#retire();
    });
  }

  async #subscribe(follower: Follower, line: Line): Promise<void> {
    const { feed, signal, fail } = follower;
    const { channel, order } = feed;
    const after = order.cursor;
    let baseline: string | undefined;
    follower.wants = false;
    const onReset = (reason: ResetReason) => {
      // For clients that do not know where the first epoch begins: nothing was lost.
      if (after !== ORIGIN || reason !== 'epoch_changed') feed.take(order.reset(reason, baseline));
    };
    const asking: Asking = { socket: line.socket, onReset };
    follower.asking = asking;
    line.subscribed.add(channel);
    order.ask();
    try {
      await line.socket.request({ action: 'subscribe', channel, ...(after !== undefined && { after, batch: true }) }, (answer) => {
        // Once it asks on the next socket, resets on this one go unheard; then its `caughtUp` must not count either.
        if (signal.aborted || follower.asking !== asking) return true;
        if (answer.kind === 'caughtUp') feed.take(order.settle(answer.id));
        if (answer.kind === 'error' && answer.id !== undefined) {
          follower.vainTries = 0;
          feed.take(order.settle(answer.id));
        }
        if (answer.kind !== 'subscribed') return true;
        baseline = answer.id;
        if (after === undefined) feed.take(order.settle(baseline));
        feed.live();
        return after === undefined;
      });
      follower.failed = false;
      follower.retryAfterMs = 0;
    } catch (thrown) {
      const error = toLanesError(thrown);
      if (error.final) fail(error);
      follower.failed = true;
      follower.retryAfterMs = error.retryAfterMs ?? 0;
    }
    // Otherwise it asks on the next socket already.
    if (follower.asking === asking) follower.asking = undefined;
    this.#askIfNeeded(follower);
  }

  /** Events that still come find no follower, so it does not matter whether it fails. */
  #unsubscribe(channel: string, { socket }: Line): Promise<void> {
    return socket.request({ action: 'unsubscribe', channel }, () => true).catch(() => {});
  }

  #receive(news: News, from: LaneSocket): void {
    for (const follower of this.#followers) {
      const { feed } = follower;
      if (feed.channel !== news.channel) continue;
      if (news.kind === 'reset') {
        if (follower.asking?.socket === from) follower.asking.onReset(news.reason);
      } else {
        feed.take(feed.order.offer(news));
        this.#askIfNeeded(follower);
      }
    }
  }

  /** After a while: what is missing is late more often than lost. */
  #askIfNeeded(follower: Follower): void {
    const { gapWaitMs, reconnectMaxMs } = this.#deps.options;
    const { feed, signal } = follower;
    if (!follower.failed && !feed.order.hasGap) follower.vainTries = 0;
    else if (follower.timer === undefined && follower.asking === undefined && !signal.aborted) {
      const boundMs = follower.failed ? reconnectMaxMs : GAP_WAIT_MAX_MS;
      follower.timer = setTimeout(
        () => {
          follower.timer = undefined;
          if (!follower.failed && !feed.order.hasGap) return;
          follower.wants = true;
          this.#sync(feed.channel);
        },
        follower.retryAfterMs + jitter(Math.min(boundMs, gapWaitMs * 2 ** follower.vainTries++)),
      );
    }
  }

  /** Closes the socket before once the new one has taken over. */
  #retire(): void {
    const line = this.#line;
    if (line === undefined || line.busy.size > 0 || [...this.#followers].some(({ wants }) => wants)) return;
    this.#retiring?.socket.close(new LanesError('closed', 'the socket was replaced'));
    this.#retiring = undefined;
  }
}

/** A random time in the second half of `ms`, so that clients that came together do not act together for ever. */
function jitter(ms: number): number {
  return ms * (1 - Math.random() / 2);
}
