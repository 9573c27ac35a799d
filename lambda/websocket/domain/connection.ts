import type { Rights } from '../../../backbone/domain/access.ts';

/**
 * How many channels one connection may subscribe to. Their names are part of the connection's row, which
 * stays below 4 KB with names of usual length, and closing a connection deletes its subscriptions in few
 * batches.
 */
export const MAX_CHANNELS_PER_CONNECTION = 100;

/**
 * Who follows the presence of a channel subscribes to this, which is no channel: channels have no `#`. It is one of the
 * connection's {@link MAX_CHANNELS_PER_CONNECTION}.
 */
export function presenceOf(channel: string): string {
  return `${PRESENCE_PREFIX}${channel}`;
}

const PRESENCE_PREFIX = '#presence.';

/** What the names in a connection's row stand for. */
export function splitSubscriptions(names: readonly string[]): Pick<RegisteredConnection, 'channels' | 'watched'> {
  const { watched = [], channels = [] } = Object.groupBy(names, (name) => (name.startsWith(PRESENCE_PREFIX) ? 'watched' : 'channels'));
  return { channels, watched: watched.map((name) => name.slice(PRESENCE_PREFIX.length)) };
}

/** A client's connection to API Gateway. */
export interface Connection {
  readonly connectionId: string;
  /** Who connected. */
  readonly principal: string;
  /** What the token allows, for as long as the connection lasts. */
  readonly rights: Rights;
  /**
   * From then on nothing is delivered, and frames are refused: the token's `exp`, or the expiry of the row if
   * that is earlier.
   */
  readonly expiresAtMs: number;
  readonly connectedAtMs: number;
}

/** A connection as its row has it. */
export interface RegisteredConnection extends Connection {
  /** What it is subscribed to, in no particular order. */
  readonly channels: readonly string[];
  /** The channels whose presence it follows. */
  readonly watched: readonly string[];
  readonly presence: ConnectionPresence;
}

/** Where a connection is present. */
export interface ConnectionPresence {
  readonly channels: readonly string[];
  /** All its leases hold at least until then; meaningless without channels. */
  readonly leaseUntilMs: number;
  /** The highest that it has had: the next one is higher. 0 before the first. */
  readonly version: number;
}

/** A connection that was present where it was closed. */
export interface ClosedConnection extends Pick<Connection, 'connectionId' | 'principal'> {
  readonly presence: ConnectionPresence;
}
