import type { Transport } from '../../../packages/client/src/index.ts';

/** A way into the log. */
export interface Entrance {
  readonly name: string;
  /** Whose an idempotency key is: users have theirs by whichever entrance they come, and so has each kind of backend (ADR 29). */
  readonly scope: string;
  /** @returns the event's id; undefined where the way in does not tell */
  publish(channel: string, data: string, key: string): Promise<string | undefined>;
  close(): void;
}

/** A deployment that the scenario uses. */
export interface Target {
  /** Where clients reach the deployment over HTTP; undefined if no lane serves that. */
  readonly http: string | undefined;
  /** Where clients open sockets; undefined if no lane takes them. */
  readonly websocket: string | undefined;
  /** Allows subscribing and publishing to every {@link channelOf}. */
  readonly token: string;
  /** What the names of its channels begin with, so that two runs do not see each other's events. */
  readonly channelPrefix: string;
  /** The ways in that backends have. Whoever makes the target closes them. */
  readonly backends: readonly Entrance[];
  /** @default the global one */
  readonly WebSocket?: typeof WebSocket | undefined;
}

/** What a client of the deployment may use, the way to publish first. */
export function transportsOf({ http, websocket }: Target): readonly Transport[] {
  return [...(http === undefined ? [] : (['sse', 'poll'] as const)), ...(websocket === undefined ? [] : (['websocket'] as const))];
}

export const channelOf = ({ channelPrefix }: Target, name: string): string => `${channelPrefix}${name}`;

/** The obstacle of every step that needs a client. */
export const needsClients = (target: Target): string | undefined =>
  transportsOf(target).length > 0 ? undefined : 'clients cannot reach any lane there';
