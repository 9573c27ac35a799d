import type { Feed } from './feed.ts';
import type { Tunables } from './options.ts';
import type { TokenOption } from './token.ts';
import type { Connection, Transport } from './types.ts';

export interface ConnectOptions extends Partial<Tunables> {
  /** Base URL of the SSE lane, for SSE, polling and publishing over HTTP: `https://lanes.example.com`. It has no query. */
  readonly url?: string | undefined;
  /** URL of the WebSocket lane: `wss://abc.execute-api.eu-west-1.amazonaws.com/prod`. */
  readonly websocketUrl?: string | undefined;
  /** @default 'auto', which is WebSocket if there is no `url` */
  readonly transport?: Transport | undefined;
  /**
   * A function is called when a token is first needed, and again whenever the server refuses the last one, or the
   * function itself has failed or not answered within `answerTimeoutMs`.
   */
  readonly token?: TokenOption;
  /** Feeds the subscriptions from elsewhere: `shareTabs` of `@realtime-lanes/client/tabs`. @default this connection alone */
  readonly share?: Sharing | undefined;
  /** Closes the connection. */
  readonly signal?: AbortSignal | undefined;
  /** @default the global one */
  readonly fetch?: typeof fetch | undefined;
  /** @default the global one */
  readonly WebSocket?: typeof WebSocket | undefined;
}

/** Undefined if nothing can be shared here. */
export type Sharing = (host: SharingHost) => SharedLane | undefined;

/** What a connection gives to those with whom it shares. */
export interface SharingHost {
  /** Of what is shared. */
  readonly url: string;
  /** Opens a connection with the same options, which shares with nobody. */
  connect(): Connection;
}

export interface SharedLane {
  /** Resolves when `signal` is aborted; rejects with an error that is final. */
  follow(feed: Feed, signal: AbortSignal): Promise<void>;
  close(): void;
}
