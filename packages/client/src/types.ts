import type { BatchAnswer, Encoding, LatestBatchAnswer, ResetReason, WireEvent } from '../../protocol/index.ts';
import type { LanesError } from './errors.ts';

export type { ResetReason };

/** `auto` begins with SSE and falls back to long polling if a proxy holds streams back, from the beginning or after it. */
export type Transport = 'auto' | 'sse' | 'websocket' | 'poll';

export interface ChannelEvent extends Omit<WireEvent, 'id' | 'publishedAt'> {
  readonly kind: 'event';
  /** Empty on an ephemeral channel, whose events have no position. */
  readonly id: string;
  /** Present if the event carries bytes: `data` is their base64 then. */
  readonly bytes?: Uint8Array;
  /** Absent over SSE, whose frames do not carry it. */
  readonly publishedAt?: string;
}

/** Events were skipped, because the position could not be resumed. What follows is live from a new baseline. */
export interface ChannelReset {
  readonly kind: 'reset';
  readonly channel: string;
  readonly reason: ResetReason;
}

/**
 * The newest event of a key of a `latest` channel, or the end of the key. A key never goes back to an older version; versions in
 * between may be left out.
 */
export type ChannelLatest = LatestValue | LatestRemoval;

export interface LatestValue {
  readonly kind: 'latest';
  readonly channel: string;
  readonly key: string;
  /** Opaque. */
  readonly version: string;
  readonly type: string;
  readonly data: string;
  readonly publishedAt: string;
  readonly removed?: undefined;
}

export interface LatestRemoval {
  readonly kind: 'latest';
  readonly channel: string;
  readonly key: string;
  readonly version: string;
  /** It was removed or has expired. */
  readonly removed: true;
  readonly type?: undefined;
  readonly data?: undefined;
  /** Absent if a snapshot has left the key out. */
  readonly publishedAt?: string;
}

/** What a subscription yields. */
export type ChannelItem = ChannelEvent | ChannelLatest | ChannelReset;

/**
 * `connecting`: not yet connected. `live`: events arrive as they are published. `waiting`: broken, and
 * retried after a delay. `paused`: the reader is slow and its buffer is full. `closed`: ended, with `error`
 * unless the application closed it.
 */
export type StatusName = 'connecting' | 'live' | 'waiting' | 'paused' | 'closed';

export interface Status {
  readonly status: StatusName;
  readonly channel: string;
  /** The transport in use now; never `auto`. */
  readonly transport: Exclude<Transport, 'auto'>;
  /** With `waiting`, what broke; with `closed`, what ended the subscription. */
  readonly error?: LanesError | undefined;
  /** With `waiting`: how long until the next attempt. */
  readonly delayMs?: number | undefined;
}

export interface SubscribeOptions {
  /** Resume after this event or cursor. @default from now on */
  readonly after?: string | undefined;
  /** Without `after`: begin with so many of the last events, 1 to 500. Has no effect on an ephemeral channel. */
  readonly last?: number | undefined;
  /** Closes the subscription. */
  readonly signal?: AbortSignal | undefined;
}

export interface HistoryOptions {
  /** The event before which to read. @default none: the newest events come first */
  readonly before?: string | undefined;
  /** The most events of a page, 1 to 500. Over WebSocket a page may be smaller: it fits into one message. @default 100 */
  readonly limit?: number | undefined;
  /** Stops reading. */
  readonly signal?: AbortSignal | undefined;
}

export interface SubscriptionEvents {
  readonly event: CustomEvent<ChannelEvent>;
  readonly latest: CustomEvent<ChannelLatest>;
  readonly reset: CustomEvent<ChannelReset>;
  readonly status: CustomEvent<Status>;
}

/**
 * What a subscription hides from its reader, for telemetry: how often connections resume, and what the lanes
 * repeat or lose. `resuming`: a connection resumes after the cursor `after`; events that follow are replayed
 * until `resumed`, which SSE cannot report, because a stream has no mark for the end of a replay. `repeat`:
 * an event arrived again and was dropped. `gapClosed`: seqs were missing after `after`; `found` events
 * arrived for them when the server was asked, and the rest never existed.
 */
export type Activity =
  | { readonly kind: 'resuming'; readonly channel: string; readonly after: string }
  | { readonly kind: 'resumed'; readonly channel: string; readonly after: string; readonly replayed: number }
  | { readonly kind: 'repeat'; readonly channel: string; readonly id: string }
  | { readonly kind: 'gapClosed'; readonly channel: string; readonly after: string; readonly found: number };

/** An activity to which the subscription adds its channel. */
export type ChannelActivity = Activity extends infer A ? (A extends unknown ? Omit<A, 'channel'> : never) : never;

export interface ConnectionEvents {
  /** The status of any of the subscriptions. */
  readonly status: CustomEvent<Status>;
  readonly activity: CustomEvent<Activity>;
}

export type Listener<E> = ((event: E) => void) | { handleEvent(event: E): void } | null;

/** `EventTarget` with typed events. Options are typed by what they are passed to, since the types of Node do not export the DOM's names for them. */
export interface TypedEventTarget<Events extends { readonly [K in keyof Events]: Event }> extends EventTarget {
  addEventListener<K extends keyof Events & string>(
    type: K,
    listener: Listener<Events[K]>,
    options?: Parameters<EventTarget['addEventListener']>[2],
  ): void;
  removeEventListener<K extends keyof Events & string>(
    type: K,
    listener: Listener<Events[K]>,
    options?: Parameters<EventTarget['removeEventListener']>[2],
  ): void;
}

/**
 * One channel's events, in order, each once, without gaps; of a `latest` channel, the newest event of each key. Read them as an async
 * iterable or with listeners on `event`, `latest` and `reset`; until one of these exists, events wait in a bounded buffer. Both can be
 * used together: the iterator then sets the pace.
 *
 * Leaving a `for await` loop closes the subscription. If the subscription ends with an error, the loop throws
 * it.
 */
export interface Subscription extends TypedEventTarget<SubscriptionEvents>, AsyncIterable<ChannelItem> {
  readonly channel: string;
  readonly status: Status;
  /**
   * Everything up to here was handed to the application: pass it as `after` later. Undefined until {@link
   * ready}, and on channels that are not durable.
   */
  readonly cursor: string | undefined;
  /**
   * Resolves once the position is known, or the snapshot of a `latest` channel has come: everything published after that arrives.
   * Rejects if the subscription ends first.
   */
  readonly ready: Promise<void>;
  /** Idempotent. */
  close(): void;
}

export interface EventInput {
  /** @default 'message' */
  readonly type?: string | undefined;
  /** Text, or up to 72 KiB of bytes; text on a `latest` channel. */
  readonly data: string | Uint8Array;
  /** Required on a `latest` channel, which keeps the newest event of each, and refused on others. */
  readonly conflationKey?: string | undefined;
  readonly removed?: undefined;
}

/** Removes a key of a `latest` channel. */
export interface RemovalInput {
  readonly conflationKey: string;
  readonly removed: true;
  readonly type?: undefined;
  readonly data?: undefined;
}

/** An event of a batch. */
export type BatchInput = EventInput | RemovalInput;

export type PublishInput = BatchInput & {
  /** Idempotency key: the same key on the same channel publishes once. It has no effect on channels that are not durable. @default a random one per call */
  readonly key?: string | undefined;
};

/** A publication with its key: it may be sent more than once. */
export type PublishRequest = PublishContent & { readonly key: string };

/** An event as it is sent. */
export interface WireContent {
  readonly type?: string | undefined;
  readonly data?: string | undefined;
  readonly encoding?: Encoding | undefined;
  readonly conflationKey?: string | undefined;
  readonly removed?: true | undefined;
}

/** A page of a channel's history, as the lanes send it. */
export interface HistoryPage {
  readonly events: readonly Omit<WireEvent, 'channel'>[];
  readonly more: boolean;
}

/** One event, or the events of a batch. */
export type PublishContent = WireContent | { readonly events: readonly WireContent[] };

/** What the server answers to a {@link PublishRequest}: of a batch, a result for each event. */
export type PublishAnswer = Published | BatchAnswer | LatestBatchAnswer;

export interface PublishAllOptions extends PublishOptions {
  /** Idempotency key of the whole batch. @default a random one per call */
  readonly key?: string | undefined;
}

export interface PublishOptions {
  /** Stops trying. The event may have been published nevertheless. */
  readonly signal?: AbortSignal | undefined;
}

export interface Published {
  readonly channel: string;
  /** Empty if the channel is not durable. */
  readonly id: string;
  /** On a `latest` channel: what was published of which key. */
  readonly conflationKey?: string;
  readonly version?: string;
  /** Absent over WebSocket on a durable channel, whose answer does not carry it. */
  readonly publishedAt?: string;
}

export interface Connection extends TypedEventTarget<ConnectionEvents> {
  /** As given to `connect` or {@link use}. */
  readonly transport: Transport;
  /** @throws LanesError `closed`, `invalid_channel`, or `invalid_cursor` if `after` is not `<epoch>.<seq>` */
  subscribe(channel: string, options?: SubscribeOptions): Subscription;
  /**
   * Publishes, and retries with the same idempotency key until the event is acknowledged, for
   * `publishTimeoutMs`. With `websocket` it is sent over the socket, otherwise over HTTP.
   * @throws LanesError for example `idempotency_conflict` if the key was used for other content, `invalid_key`, or `invalid_body` for a
   * `conflationKey` on a channel that is not `latest`
   */
  publish(channel: string, event: PublishInput, options?: PublishOptions): Promise<Published>;
  /**
   * Publishes up to 100 events at once, in their order, and retries like {@link publish} until all of them are
   * acknowledged. One event that is not valid refuses all.
   * @returns the acknowledgements in the order of the events
   */
  publishAll(channel: string, events: readonly BatchInput[], options?: PublishAllOptions): Promise<readonly Published[]>;
  /**
   * Reads a channel backwards, page by page: the events of a page are in order, and the next page has those before them.
   * Ends at the oldest event that is kept. Each page is read when it is asked for, and retried until it comes.
   * @throws LanesError for example `forbidden`, or `closed` if the connection is closed meanwhile
   */
  history(channel: string, options?: HistoryOptions): AsyncGenerator<readonly ChannelEvent[], void>;
  /** Moves to another transport at the same cursor: nothing is lost or repeated. */
  use(transport: Transport): void;
  /**
   * Ends the wait before a reconnection, for a 'Try again' button; a wait that the server asked for
   * continues. A socket that seems to be open is checked.
   */
  retryNow(): void;
  /** Closes all subscriptions. Leaves no timer, socket or listener. Idempotent. */
  close(): void;
}
