import { Feed, type FeedOptions } from './feed.ts';

/** How long a feed goes on without readers: clients that reconnect are then served from its ring and cost the log nothing. */
const LINGER_MS = 60_000;

/** Feeds without readers kept at most, so that somebody who tries many names cannot fill the memory. */
const MAX_IDLE = 1_000;

/** The channels that this task follows. */
export class Feeds {
  readonly #options: FeedOptions;
  readonly #feeds = new Map<string, Feed>();
  readonly #users = new Map<Feed, number>();
  /** Feeds without readers, and since when; the longest idle first. */
  readonly #idle = new Map<Feed, number>();

  constructor(options: FeedOptions) {
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

  /** Makes the channel's feed if need be. Every call needs its {@link release}. */
  acquire(channel: string): Feed {
    const feed = this.#feeds.get(channel) ?? this.#make(channel);
    this.#users.set(feed, (this.#users.get(feed) ?? 0) + 1);
    this.#idle.delete(feed);
    return feed;
  }

  release(feed: Feed): void {
    const users = (this.#users.get(feed) ?? 0) - 1;
    if (users > 0) {
      this.#users.set(feed, users);
      return;
    }
    this.#users.delete(feed);
    if (this.#feeds.get(feed.channel) !== feed) return;
    this.#idle.set(feed, this.#options.clock.nowMs());
    const [longestIdle] = this.#idle.keys();
    if (this.#idle.size > MAX_IDLE && longestIdle !== undefined) this.#remove(longestIdle);
  }

  /** Lets feeds go that have been without readers for long. */
  sweep(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const [feed, sinceMs] of this.#idle) {
      if (nowMs - sinceMs >= LINGER_MS) this.#remove(feed);
    }
  }

  closeAll(): void {
    for (const feed of this.#feeds.values()) this.#remove(feed);
  }

  #make(channel: string): Feed {
    const feed = new Feed(channel, this.#options);
    this.#feeds.set(channel, feed);
    // The next reader tries anew.
    feed.opened.catch(() => this.#remove(feed));
    return feed;
  }

  #remove(feed: Feed): void {
    this.#idle.delete(feed);
    if (this.#feeds.get(feed.channel) === feed) this.#feeds.delete(feed.channel);
    feed.close();
  }
}
