import type { LatestEvent } from '../../../../backbone/domain/latest-event.ts';
import { jsonBytes } from '../json-bytes.ts';
import type { LatestFeed } from './latest-feed.ts';

/** What a poll tells of one `latest` channel. */
export interface LatestNews {
  readonly channel: string;
  readonly events: readonly LatestEvent[];
  /** Whether the events are all that the channel has. */
  readonly snapshot: boolean;
  readonly state: string;
}

/** What is around the entries of a channel. */
const ENVELOPE_BYTES = 256;

/** The `latest` channels of one poll, with what its client has of each. */
export class PolledChannels {
  /** Up to where the client has everything; undefined if it needs a snapshot. */
  readonly #has: Map<LatestFeed, number | undefined>;

  /** @param states what the client holds */
  constructor(feeds: readonly LatestFeed[], states: ReadonlyMap<string, string> | undefined) {
    this.#has = new Map(feeds.map((feed) => [feed, feed.state.ordinalOf(states?.get(feed.channel))]));
  }

  /** JSON of everything that the client lacks, and of the channel that comes first, which cannot be divided. */
  pending(): { readonly bytes: number; readonly firstBytes: number } {
    const sizes = [...this.#changed()].map(([, , bytes]) => bytes);
    return { bytes: sizes.reduce((sum, bytes) => sum + bytes, 0), firstBytes: sizes[0] ?? 0 };
  }

  /**
   * The news of channels for which there is room.
   * @param needsOne the first comes whatever its size
   */
  take(needsOne: boolean, room: number): { readonly news: readonly LatestNews[]; readonly bytes: number } {
    const news: LatestNews[] = [];
    let total = 0;
    for (const [feed, events, bytes] of this.#changed()) {
      if (total + bytes > room && !(needsOne && news.length === 0)) break;
      news.push({ channel: feed.channel, events, snapshot: this.#has.get(feed) === undefined, state: feed.state.takeTag() });
      total += bytes;
      this.#has.set(feed, feed.state.ordinal);
    }
    return { news, bytes: total };
  }

  *#changed(): Generator<readonly [LatestFeed, readonly LatestEvent[], number]> {
    for (const [feed, has] of this.#has) {
      if (has === feed.state.ordinal) continue;
      const slots = has === undefined ? feed.state.held() : feed.state.changedAfter(has);
      const events = [...slots].map(({ event }) => event);
      yield [feed, events, events.reduce((sum, event) => sum + jsonBytes(event), ENVELOPE_BYTES)];
    }
  }
}
