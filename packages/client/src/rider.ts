import type { PresenceChanges } from '../../protocol/index.ts';
import type { LaneSocket } from './socket.ts';

/**
 * What rides on the requests of a subscription: presence, which is a module of its own. This is all that the rest of the
 * library knows of it.
 */
export interface Rider {
  /** Whether changes of presence are asked for. */
  readonly watches: boolean;
  /** The tag of what has arrived; empty before that. */
  readonly state: string;
  /** What the query says about all channels of a request: those share one whose riders say the same. Empty if nothing. */
  readonly shape: string;
  /** Goes into the query of a stream or a poll. */
  query(): Readonly<Record<string, string>>;
  take(update: PresenceChanges): void;
  /** The subscription is known to the server on this socket. */
  board(socket: LaneSocket): void;
}
