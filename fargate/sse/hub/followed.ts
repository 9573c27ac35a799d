import type { Cursor } from '../../../packages/protocol/cursor.ts';
import type { EphemeralFeed } from './ephemeral/ephemeral-feed.ts';
import type { Feed } from './feed.ts';
import type { LatestFeed } from './latest/latest-feed.ts';
import type { Ids } from './stream-cursor.ts';

/** The channels of one stream or poll. */
export interface Followed {
  /** All of them, in the order of the request. */
  readonly channels: readonly string[];
  /** Those that are durable: only they have a position, and are in a cursor. */
  readonly feeds: readonly Feed[];
  readonly latest: readonly LatestFeed[];
  readonly ephemeral: readonly EphemeralFeed[];
}

/** Where a stream or poll begins. */
export interface Start {
  /** Where the client stopped. Channels that are not in it, or all if undefined, start with the next event. */
  readonly cursor: Cursor | undefined;
  /** Or with this many of their last events. @default none */
  readonly last?: number | undefined;
  /** What the client holds of `latest` channels. @default nothing */
  readonly states?: ReadonlyMap<string, string>;
  /** Polls ignore it. @default 'all' */
  readonly ids?: Ids | undefined;
}
