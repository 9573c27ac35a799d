import type { Clock } from '../../../../backbone/ports.ts';
import type { Reservation, Shares } from '../../budget/shares.ts';
import { acquireAll } from '../acquire-all.ts';
import { PresenceFeed } from './presence-feed.ts';

export interface PresenceFeedsOptions {
  /** Places for channels of every kind. Each counts against the principal that opened the channel first. */
  readonly places: Shares;
  /** For the members of each channel, which count against the same principal. */
  readonly memory: Shares;
  /** Makes places free that hold a channel without readers, if there are any and no others are left. */
  readonly makeRoom: () => void;
  readonly clock: Clock;
}

/** A feed without readers is kept for this long: a client that polls or reconnects does not cost another read. */
const IDLE_MS = 30_000;

interface Holding {
  readonly place: Reservation;
  members: Reservation | undefined;
}

/** The channels whose presence this task follows. */
export class PresenceFeeds {
  readonly #options: PresenceFeedsOptions;
  readonly #feeds = new Map<string, PresenceFeed>();
  readonly #holdings = new Map<PresenceFeed, Holding>();

  constructor(options: PresenceFeedsOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#feeds.size === 0;
  }

  get(channel: string): PresenceFeed | undefined {
    return this.#feeds.get(channel);
  }

  all(): readonly PresenceFeed[] {
    return [...this.#feeds.values()];
  }

  has(feed: PresenceFeed): boolean {
    return this.#feeds.get(feed.channel) === feed;
  }

  /**
   * The feeds of the given channels; missing ones are created. Each must be passed to {@link release}.
   * @returns undefined if the principal already follows as many channels as it may
   */
  acquire(channels: readonly string[], principal: string): readonly PresenceFeed[] | undefined {
    return acquireAll(
      channels,
      this,
      (channel) => this.#make(channel, principal),
      (feed) => {
        feed.users++;
      },
    );
  }

  release(feed: PresenceFeed): void {
    feed.users--;
    if (feed.users === 0) feed.idleSinceMs = this.#options.clock.nowMs();
  }

  /** Removes feeds that nobody has followed for a while. */
  removeIdle(idleMs = IDLE_MS): void {
    const untilMs = this.#options.clock.nowMs() - idleMs;
    for (const feed of this.all()) if (feed.users === 0 && feed.idleSinceMs <= untilMs) this.#remove(feed);
  }

  /**
   * Accounts for the members of a feed. Without memory for them their names are forgotten, and only the count is left.
   * @param onForgotten called if that happens later
   * @returns whether there is memory for them
   */
  account(feed: PresenceFeed, onForgotten: () => void): boolean {
    const holding = this.#holdings.get(feed);
    if (holding === undefined) return true;
    const { bytes } = feed;
    if (bytes === 0) {
      holding.members?.release();
      holding.members = undefined;
      return true;
    }
    if (holding.members !== undefined) return holding.members.resize(bytes);
    holding.members = this.#options.memory.reserve(feed.principal, bytes, () => {
      holding.members = undefined;
      onForgotten();
    });
    return holding.members !== undefined;
  }

  #make(channel: string, principal: string): PresenceFeed | undefined {
    const { places, makeRoom } = this.#options;
    makeRoom();
    const feed = new PresenceFeed(channel, principal);
    const reserve = () =>
      places.reserve(principal, 1, () => {
        this.#remove(feed);
        feed.isEvicted = true;
        for (const reader of [...feed.readers]) reader.evicted();
      });
    let place = reserve();
    if (place === undefined) {
      this.removeIdle(0);
      place = reserve();
    }
    if (place === undefined) return undefined;
    this.#feeds.set(channel, feed);
    this.#holdings.set(feed, { place, members: undefined });
    return feed;
  }

  #remove(feed: PresenceFeed): void {
    const holding = this.#holdings.get(feed);
    holding?.place.release();
    holding?.members?.release();
    this.#holdings.delete(feed);
    if (this.has(feed)) this.#feeds.delete(feed.channel);
  }
}
