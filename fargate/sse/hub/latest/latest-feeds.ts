import type { Reservation, Shares } from '../../budget/shares.ts';
import { acquireAll } from '../acquire-all.ts';
import type { Permits } from '../permits.ts';
import { LatestFeed, type LatestFeedOptions } from './latest-feed.ts';

/** How long a channel without readers is kept: a poll comes back, and so does a client that reconnects. */
const LINGER_MS = 60_000;

export interface LatestFeedsOptions extends Omit<LatestFeedOptions, 'makeRoom'> {
  /** Places for channels of every kind. Each counts against the principal that opened the channel first. */
  readonly places: Shares;
  /** Makes places free that hold a channel without readers, if there are any and no others are left. */
  readonly makeRoom: () => void;
  /** Limits how many channels are read at once. */
  readonly reads: Permits;
}

/** The `latest` channels that this task follows. */
export class LatestFeeds {
  readonly #options: LatestFeedsOptions;
  readonly #feeds = new Map<string, LatestFeed>();
  readonly #places = new Map<LatestFeed, Reservation>();
  /** Feeds without readers, with the time since when; the longest idle first. */
  readonly #idle = new Map<LatestFeed, number>();

  constructor(options: LatestFeedsOptions) {
    this.#options = options;
  }

  get(channel: string): LatestFeed | undefined {
    return this.#feeds.get(channel);
  }

  /** The feeds that have read the table. */
  open(): readonly LatestFeed[] {
    return [...this.#feeds.values()].filter(({ isOpen }) => isOpen);
  }

  /**
   * The feeds of the given channels; missing ones are created. Each must be passed to {@link release}.
   * @returns undefined if the principal already follows as many channels as it may
   */
  acquire(channels: readonly string[], principal: string): readonly LatestFeed[] | undefined {
    return acquireAll(
      channels,
      this,
      (channel) => this.#make(channel, principal),
      (feed) => {
        feed.users++;
        this.#idle.delete(feed);
      },
    );
  }

  release(feed: LatestFeed): void {
    feed.users--;
    if (feed.users > 0 || this.#feeds.get(feed.channel) !== feed) return;
    if (feed.isOpen) this.#idle.set(feed, this.#options.clock.nowMs());
    else this.#remove(feed);
  }

  /** Removes feeds that have been without readers for long. */
  sweep(): void {
    const nowMs = this.#options.clock.nowMs();
    for (const [feed, sinceMs] of this.#idle) if (nowMs - sinceMs >= LINGER_MS) this.#remove(feed);
  }

  /** Removes all feeds without readers. @returns whether there were any */
  evictIdle(): boolean {
    const idle = [...this.#idle.keys()];
    for (const feed of idle) this.#remove(feed);
    return idle.length > 0;
  }

  closeAll(): void {
    for (const feed of this.#feeds.values()) this.#remove(feed);
  }

  #make(channel: string, principal: string): LatestFeed | undefined {
    const { places, makeRoom, reads } = this.#options;
    makeRoom();
    const reserve = () =>
      places.reserve(principal, 1, () => {
        this.#remove(feed);
        feed.evict();
      });
    const place = reserve() ?? (this.evictIdle() ? reserve() : undefined);
    if (place === undefined) return undefined;
    const feed: LatestFeed = new LatestFeed(channel, principal, reads.for(principal), {
      ...this.#options,
      makeRoom: () => this.evictIdle(),
    });
    this.#feeds.set(channel, feed);
    this.#places.set(feed, place);
    // If it cannot be opened, or is evicted for its memory, the next reader starts with a new one.
    feed.closed.addEventListener('abort', () => this.#remove(feed), { once: true });
    feed.opened.catch(() => this.#remove(feed));
    return feed;
  }

  #remove(feed: LatestFeed): void {
    this.#places.get(feed)?.release();
    this.#places.delete(feed);
    this.#idle.delete(feed);
    if (this.#feeds.get(feed.channel) === feed) this.#feeds.delete(feed.channel);
    feed.close();
  }
}
