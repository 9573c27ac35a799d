import { MAX_CHANNELS } from '../../protocol/channel.ts';
import type { Environment } from './environment.ts';
import { LanesError, toLanesError } from './errors.ts';
import type { Feed } from './feed.ts';
import type { Tunables } from './options.ts';
import { Attempts } from './retry.ts';
import { wait } from './wait.ts';

/** Subscriptions that begin or end within this time cost the request one restart. */
const GATHER_MS = 20;

/** The subscriptions of a request by their channels. One that has left is missing, even while the request goes on. */
export type Feeds = ReadonlyMap<string, Feed>;

/**
 * Feeds them with one request, or with one after the other. Resolves if each subscription should choose its transport
 * anew; rejects if the request broke, or with the reason of `signal`.
 * @param live call it when the request works
 */
export type FollowTogether = (feeds: Feeds, signal: AbortSignal, live: () => void) => Promise<void>;

interface Member {
  readonly feed: Feed;
  readonly resolve: () => void;
  readonly reject: (error: LanesError) => void;
}

export interface SharedRequestsOptions {
  readonly follow: FollowTogether;
  /**
   * So many subscriptions have a request of their own: the server sends the same bytes to all streams of one channel, but
   * encodes those over several channels for each of them.
   */
  readonly alone: number;
  readonly environment: Environment;
  readonly options: Tunables;
}

/**
 * Requests that stay open, each for up to 32 subscriptions. A browser opens six connections to a host over HTTP/1.1, and
 * load balancers allow 128 requests at once over HTTP/2: with a request for each subscription, none would be left for
 * publishing.
 */
export class SharedRequests {
  readonly #options: SharedRequestsOptions;
  readonly #open = new Set<SharedRequest>();

  constructor(options: SharedRequestsOptions) {
    this.#options = options;
  }

  /** Resolves when `signal` is aborted, or a transport should be chosen anew; rejects with an error that is final. */
  follow(feed: Feed, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = this.#requestFor(feed);
      const member = { feed, resolve, reject };
      signal.addEventListener('abort', () => {
        request.leave(member);
        resolve();
      });
      request.join(member);
    });
  }

  #requestFor(feed: Feed): SharedRequest {
    const { alone, options } = this.#options;
    const { maxStreams } = options;
    const open = [...this.#open];
    // One of them must be there for all that cannot be alone.
    const isAlone = open.filter((request) => request.isAlone).length < Math.min(alone, maxStreams - 1);
    const shared = isAlone ? undefined : open.find((request) => request.takes(feed));
    if (shared !== undefined) return shared;
    if (open.length >= maxStreams) {
      throw new LanesError(
        'too_many_subscriptions',
        `channel ${feed.channel} needs another stream, but ${maxStreams} are open: the first two subscriptions have one each, others share with up to ${MAX_CHANNELS} that have other channels and the same presence. Raise maxStreams, or use another connection`,
        { final: true },
      );
    }
    const request = new SharedRequest(isAlone, this.#options, () => this.#open.delete(request));
    this.#open.add(request);
    return request;
  }
}

class SharedRequest {
  readonly isAlone: boolean;
  readonly #options: SharedRequestsOptions;
  readonly #members = new Map<string, Member>();
  readonly #feeds: Map<string, Feed> = new Map();
  readonly #onEmpty: () => void;
  /** Aborted when nobody is left. */
  readonly #over = new AbortController();
  /** Aborted when the subscriptions are others. */
  #round: AbortController | undefined;

  constructor(isAlone: boolean, options: SharedRequestsOptions, onEmpty: () => void) {
    this.isAlone = isAlone;
    this.#options = options;
    this.#onEmpty = onEmpty;
  }

  takes({ channel, rider }: Feed): boolean {
    if (this.isAlone || this.#feeds.size >= MAX_CHANNELS || this.#feeds.has(channel)) return false;
    const [first] = this.#feeds.values();
    return (first?.rider?.shape ?? '') === (rider?.shape ?? '');
  }

  join(member: Member): void {
    const isFirst = this.#members.size === 0;
    this.#members.set(member.feed.channel, member);
    this.#feeds.set(member.feed.channel, member.feed);
    if (isFirst) void this.#run();
    else this.#round?.abort();
  }

  leave(member: Member): void {
    if (this.#members.get(member.feed.channel) === member) this.#remove(member);
  }

  #remove({ feed }: Member): void {
    this.#members.delete(feed.channel);
    this.#feeds.delete(feed.channel);
    if (this.#members.size === 0) {
      this.#onEmpty();
      this.#over.abort();
    }
    this.#round?.abort();
  }

  async #run(): Promise<void> {
    const { follow, environment, options } = this.#options;
    const { signal } = this.#over;
    const attempts = new Attempts({ options, environment, signal });
    // Subscriptions that begin together share the first request already.
    let gathered: Promise<unknown> = Promise.resolve();
    while (!signal.aborted) {
      const round = new AbortController();
      try {
        await gathered;
        signal.throwIfAborted();
        this.#round = round;
        attempts.begin();
        await follow(this.#feeds, round.signal, () => attempts.live());
        for (const member of [...this.#members.values()]) {
          this.#remove(member);
          member.resolve();
        }
      } catch (thrown) {
        if (signal.aborted) return;
        gathered = round.signal.aborted ? wait(GATHER_MS, signal) : Promise.resolve();
        if (!round.signal.aborted) await this.#afterFailure(toLanesError(thrown), attempts);
      }
    }
  }

  async #afterFailure(error: LanesError, attempts: Attempts): Promise<void> {
    if (error.final) {
      const blamed = this.#members.get(error.channel ?? '');
      for (const member of blamed ? [blamed] : [...this.#members.values()]) {
        this.#remove(member);
        member.reject(error);
      }
      return;
    }
    const onRetry = (cause: LanesError, delayMs: number) => {
      for (const { feed } of this.#members.values()) feed.waiting(cause, delayMs);
    };
    await attempts.pause(error, onRetry).catch(() => {});
  }
}
