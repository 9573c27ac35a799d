import type { Reservation, Shares } from '../../budget/shares.ts';
import { acquireAll } from '../acquire-all.ts';
import { EphemeralFeed } from './ephemeral-feed.ts';

export interface EphemeralFeedsOptions {
  /** Places for channels of every kind. Each counts against the principal that opened the channel first. */
  readonly places: Shares;
  /** Makes places free that hold a channel without readers, if there are any and no others are left. */
  readonly makeRoom: () => void;
}

/** The ephemeral channels that this task follows. */
export class EphemeralFeeds {
  readonly #options: EphemeralFeedsOptions;
  readonly #feeds = new Map<string, EphemeralFeed>();
  readonly #places = new Map<EphemeralFeed, Reservation>();

  constructor(options: EphemeralFeedsOptions) {
    this.#options = options;
  }

  get(channel: string): EphemeralFeed | undefined {
    return this.#feeds.get(channel);
  }

  /**
   * The feeds of the given channels; missing ones are created. Each must be passed to {@link release}.
   * @returns undefined if the principal already follows as many channels as it may
   */
  acquire(channels: readonly string[], principal: string): readonly EphemeralFeed[] | undefined {
    return acquireAll(
      channels,
      this,
      (channel) => this.#make(channel, principal),
      (feed) => {
        feed.users++;
      },
    );
  }

  release(feed: EphemeralFeed): void {
    feed.users--;
    if (feed.users === 0) this.#remove(feed);
  }

  #make(channel: string, principal: string): EphemeralFeed | undefined {
    const { places, makeRoom } = this.#options;
    makeRoom();
    const feed = new EphemeralFeed(channel);
    const place = places.reserve(principal, 1, () => {
      this.#remove(feed);
      for (const listener of [...feed.listeners]) listener.evicted();
    });
    if (place === undefined) return undefined;
    this.#feeds.set(channel, feed);
    this.#places.set(feed, place);
    return feed;
  }

  #remove(feed: EphemeralFeed): void {
    this.#places.get(feed)?.release();
    this.#places.delete(feed);
    if (this.#feeds.get(feed.channel) === feed) this.#feeds.delete(feed.channel);
  }
}
