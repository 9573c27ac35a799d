import type { EphemeralFeed } from './ephemeral/ephemeral-feed.ts';
import type { Feed } from './feed.ts';
import type { LatestFeed } from './latest/latest-feed.ts';

/** The channels of one stream or poll. */
export interface Followed {
  /** All of them, in the order of the request. */
  readonly channels: readonly string[];
  /** Those that are durable: only they have a position, and are in a cursor. */
  readonly feeds: readonly Feed[];
  readonly latest: readonly LatestFeed[];
  readonly ephemeral: readonly EphemeralFeed[];
}
