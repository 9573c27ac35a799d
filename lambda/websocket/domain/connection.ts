import type { Rights } from '../../../backbone/domain/access.ts';

/**
 * How many channels one connection may subscribe to. Their names are part of the connection's row, which
 * stays below 4 KB with names of usual length, and closing a connection deletes its subscriptions in few
 * batches.
 */
export const MAX_CHANNELS_PER_CONNECTION = 100;

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
}
