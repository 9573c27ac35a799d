import type { Reservation, Shares } from '../budget/shares.ts';
import { acquireAll } from './acquire-all.ts';
import { Feed, type FeedOptions } from './feed.ts';
import type { Permits } from './permits.ts';

/**
 * How long a feed without readers is kept: clients that reconnect are then served from its ring, without
 * reading the log.
 */
const LINGER_MS = 60_000;

/** The most feeds without readers to keep, so that a client that tries many names cannot fill the memory. */
const MAX_IDLE = 1_000;

export interface FeedsOptions extends FeedOptions {
  /** Places for channels. Each counts against the principal that opened the channel first. */
  readonly places: Shares;
  /** The feed has lost its place to somebody who follows fewer channels: its readers must be closed. */
  readonly onEvicted: (feed: Feed) => void;
  /** Limits how many feeds may ask the log for their baseline at the same time. */
  readonly lookups: Permits;
}

/** The channels that this task follows. */
export class Feeds {
  readonly #options: FeedsOptions;
  readonly #feeds = new Map<string, Feed>();
  readonly #users = new Map<Feed, number>();
  /** Feeds without readers, with the time since when; the longest idle first. */
  readonly #idle = new Map<Feed, number>();
  readonly #places = new Map<Feed, { readonly principal: string; readonly place: Reservation }>();

  constructor(options: FeedsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#feeds.size;
  }

  get(channel: string): Feed | undefined {
    return this.#feeds.get(channel);
  }

  /** The feeds that have their baseline. */
  open(): readonly Feed[] {
    return [...this.#feeds.values()].filter(({ isOpen }) => isOpen);
  }

  /**
   * The feeds of the given channels; missing ones are created. Each must be passed to {@link release}.
   * @returns undefined if the principal already follows as many channels as it may
   */
  acquire(channels: readonly string[], principal: string): readonly Feed[] | undefined {
    return acquireAll(
      channels,
      this,
      (channel) => this.#make(channel, principal),
      (feed) => {
        this.#users.set(feed, (this.#users.get(feed) ?? 0) + 1);
        this.#idle.delete(feed);
        if (!feed.isOpen) void feed.wantedBy(this.#options.lookups.for(principal));
      },
    );
  }

  release(feed: Feed): void {
    const users = (this.#users.get(feed) ?? 0) - 1;
    if (users > 0) {
      this.#users.set(feed, users);
      return;
    }
    this.#users.delete(feed);
    if (this.#feeds.get(feed.channel) !== feed) return;
    if (feed.isWaiting) {
      this.#remove(feed);
      return;
    }
    this.#idle.set(feed, this.#options.clock.nowMs());
    const [longestIdle] = this.#idle.keys();
    if (this.#idle.size > MAX_IDLE && longestIdle !== undefined) this.#remove(longestIdle);
  }

  /** Removes feeds that have been without readers for long. */
  sweep(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const [feed, sinceMs] of this.#idle) {
      if (nowMs - sinceMs >= LINGER_MS) this.#remove(feed);
    }
  }

  /** Removes feeds without readers, the longest idle first. */
  evictIdle(whilst: () => boolean): void {
    while (whilst() && this.#evictOne(() => true));
  }

  /** Evicts a feed without readers if every place is taken. */
  makeRoom(): void {
    const { places } = this.#options;
    if (places.used >= places.total) this.#evictOne(() => true);
  }

  closeAll(): void {
    for (const feed of this.#feeds.values()) this.#remove(feed);
  }

  #make(channel: string, principal: string): Feed | undefined {
    const { places, onEvicted } = this.#options;
    this.makeRoom();
    const revoke = () => {
      this.#remove(feed);
      onEvicted(feed);
    };
    const reserve = () => places.reserve(principal, 1, revoke);
    const ownIdle = (idle: Feed) => this.#places.get(idle)?.principal === principal;
    const place = reserve() ?? (this.#evictOne(ownIdle) ? reserve() : undefined);
    if (place === undefined) return undefined;
    const feed = new Feed(channel, this.#options);
    this.#feeds.set(channel, feed);
    this.#places.set(feed, { principal, place });
    // If opening fails, the next reader starts with a new feed.
    feed.opened.catch(() => this.#remove(feed));
    return feed;
  }

  #evictOne(isIt: (feed: Feed) => boolean): boolean {
    for (const feed of this.#idle.keys()) {
      if (!isIt(feed)) continue;
      this.#remove(feed);
      return true;
    }
    return false;
  }

  #remove(feed: Feed): void {
    this.#places.get(feed)?.place.release();
    this.#places.delete(feed);
    this.#idle.delete(feed);
    if (this.#feeds.get(feed.channel) === feed) this.#feeds.delete(feed.channel);
    feed.close();
  }
}
