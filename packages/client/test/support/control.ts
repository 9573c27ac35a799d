import type { PresenceMember, WireEvent } from '../../../protocol/index.ts';
import type { Connection, ConnectOptions, Transport } from '../../src/index.ts';
import type { ProxyPasses } from './stub-proxy.ts';

/** What can be wrong with the stub server. Plain data, so that a page can set it in a server elsewhere. */
export interface Faults {
  /** Streams get their head and not a byte more, as behind a proxy that collects the answer. */
  readonly holdStreams: boolean;
  /** Connections stay open, but nothing is sent on them. */
  readonly mute: boolean;
  /** Every delivery is sent twice. */
  readonly double: boolean;
  /** WebSocket: deliveries are sent in pairs, the later one first; one without a partner is sent a little later. */
  readonly reorder: boolean;
  /** WebSocket: every n-th delivery is lost; 0 loses none. */
  readonly dropEvery: number;
  /** This many times a publication is written, but its response is lost. */
  readonly loseAnswers: number;
  /** This many batches lose their last event: it is answered with an error. */
  readonly loseEvents: number;
  /** The next `times` requests and upgrades fail with the status; `retryAfter` is the header, in seconds or as an HTTP date. */
  readonly failures: { readonly times: number; readonly status: number; readonly retryAfter?: number | string };
  /** WebSocket: this many of the next frames are answered by API Gateway itself, because it could not run the handler. */
  readonly brokenFrames: number;
  /** WebSocket: frames are handled concurrently, and these take this long, in ms. */
  readonly slowFrames: { readonly subscribe?: number; readonly unsubscribe?: number };
  /** WebSocket: a replay ends with an error after this many events; 0 lets it finish. */
  readonly replayLimit: number;
  /** WebSocket: behaves like a server without batches, which sends every event in its own frame. */
  readonly noBatches: boolean;
  /** WebSocket: snapshots of `latest` channels are taken at once, and sent this much later, in ms. */
  readonly slowSnapshots: number;
  /** WebSocket: changes of presence are lost. */
  readonly losePresence: boolean;
  /** WebSocket: this many frames that enter or leave a channel are refused for a moment. */
  readonly throttledPresence: number;
  /** WebSocket: a server that knows no `heads` answers a ping with nothing else. */
  readonly noHeads: boolean;
  /** WebSocket: this many replays are put off by a limit, after `subscribed`. */
  readonly limitedReplays: number;
  /** The wait that streams, and answers about limits on sockets, ask for. */
  readonly retryMs: number;
  /** The `Content-Type` of streams. */
  readonly streamType: string;
  /** Only these tokens are accepted; undefined accepts all. */
  readonly tokens: readonly string[] | undefined;
}

export interface Stats {
  readonly streams: number;
  readonly polls: number;
  readonly sockets: number;
  /** Channels that sockets are subscribed to. */
  readonly subscriptions: number;
  /** Streams, polls and sockets ever opened. */
  readonly opened: number;
  readonly mostSockets: number;
  readonly pings: number;
  /** Frames that ask to subscribe. */
  readonly subscribes: number;
  readonly unsubscribes: number;
  /** Frames that say that somebody is present or absent. */
  readonly presenceFrames: number;
  /** Lists of members that were sent on sockets. */
  readonly snapshots: number;
  /** Events sent on streams and sockets, or in answers to polls. */
  readonly delivered: number;
  /** Requests to publish, including refused and repeated ones, over HTTP and on sockets. */
  readonly publishedByHttp: number;
  readonly publishedBySocket: number;
}

/**
 * The server's side of a case. Everything is asynchronous and plain data, so that the same case runs in Node, where
 * the server is in the same process, and in a browser, where it is not.
 */
export interface ServerControl {
  publish(channel: string, data: string, type?: string): Promise<WireEvent>;
  /** Publishes on a `latest` channel, whose name begins with `latest.`; without data it removes the key. */
  put(channel: string, key: string, data?: string): Promise<void>;
  /** The key is gone, and nobody is told. */
  expireKey(channel: string, key: string): Promise<void>;
  /** Assigns a seq that is not written yet. Events after it are notified, but not settled. */
  openGap(channel: string): Promise<void>;
  /** Puts tombstones into the open gaps. */
  addTombstones(channel: string): Promise<void>;
  /** The log is lost and begins again with another epoch. */
  wipe(channel: string): Promise<void>;
  /** The log is what it was before the events behind `seq`. */
  restore(channel: string, seq: number): Promise<void>;
  /** Nobody is subscribed to the channel any more, and nobody is told. */
  forget(channel: string): Promise<void>;
  /** Everything so far is past retention. */
  expire(channel: string): Promise<void>;
  /** Somebody else comes, or says something else. */
  enter(channel: string, id: string, data?: string): Promise<void>;
  leave(channel: string, id: string): Promise<void>;
  /** Who is present. Each connection of a case has its token as its subject, or `nobody`. */
  members(channel: string): Promise<readonly PresenceMember[]>;
  /** What is in the log, in order. */
  events(channel: string): Promise<readonly WireEvent[]>;
  /** Cuts every connection silently. */
  cut(): Promise<void>;
  /**
   * Expires the token of every connection: with `event: expired`; on sockets with an error frame and a close without a
   * reason, as API Gateway does it, or with the close code 4401.
   */
  expireTokens(sockets: 'byFrame' | 'byCloseCode'): Promise<void>;
  set(faults: Partial<Faults>): Promise<void>;
  /** Starts a proxy in front of the server that holds streams back, and returns its URL. */
  startProxy(passes: ProxyPasses): Promise<string>;
  /** From now on the proxy passes everything of streams that open. */
  freeProxy(): Promise<void>;
  stats(): Promise<Stats>;
}

/** What a case works with. */
export interface CaseContext {
  readonly transport: Transport;
  /** Not used by another case. */
  readonly channel: string;
  readonly server: ServerControl;
  /** `connect` with the stub's URLs, the transport and short times; closed at the end. */
  connect(options?: Partial<ConnectOptions>): Connection;
}

/** One behavior, on each of its transports. Needs neither Node nor a test runner: it throws if it fails. */
export interface Case {
  readonly name: string;
  readonly transports: readonly Transport[];
  run(context: CaseContext): Promise<void>;
}
