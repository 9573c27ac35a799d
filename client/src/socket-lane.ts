import { LanesError } from './errors.ts';
import type { Feed } from './feed.ts';
import { keepTrying } from './retry.ts';
import { type LaneSocket, type News, openSocket, type SocketOptions } from './socket.ts';
import type { Surroundings } from './surroundings.ts';
import type { PublishInput, Published, ResetReason } from './types.ts';
import { guard, wait } from './wait.ts';

/** No gap is waited on for longer before the client asks: by then the server has buried what was never written. */
const GAP_WAIT_MAX_MS = 5_000;

/** A socket, and what the server knows of our channels on it. Requests on one channel go one by one, since the server handles frames side by side. */
interface Line {
  readonly socket: LaneSocket;
  readonly busy: Set<string>;
  readonly subscribed: Set<string>;
}

interface Follower {
  readonly feed: Feed;
  readonly signal: AbortSignal;
  readonly fail: (error: LanesError) => void;
  /** Has to subscribe, again or for the first time. */
  wants: boolean;
  /** Takes a `reset` while it subscribes. */
  onReset: ((reason: ResetReason) => void) | undefined;
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
  /** Dispatches `line` when there is a socket, or none to be had. */
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
      const follower: Follower = { feed, signal, fail: reject, wants: true, onReset: undefined, vainTries: 0, timer: undefined };
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
  async publish(channel: string, event: PublishInput & { readonly key: string }, signal: AbortSignal): Promise<Published> {
    this.#start();
    while (this.#line === undefined) {
      await wait(Number.POSITIVE_INFINITY, signal, this.#inner, ['line']);
      if (this.#failure) throw this.#failure;
    }
    let id = '';
    await this.#line.socket.request({ action: 'publish', channel, ...event }, (answer) => {
      if (answer.kind === 'published') id = answer.id;
      return true;
    });
    return { channel, id };
  }

  /** Closes the socket. */
  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }
  ...
}
