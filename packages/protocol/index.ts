/** Wire types of both lanes. Behavior that both ends share is in the other files of this folder. */

/** The WebSocket sub-protocol of the WebSocket lane: JSON text frames as typed below. */
export const SUBPROTOCOL = 'lanes.v1.json';

/** Longer ones are refused, because the server repeats them in every answer. */
export const MAX_REQUEST_ID_LENGTH = 128;

/** An event as clients see it. `id` is a cursor: opaque to clients, resumable on either lane. */
export interface WireEvent {
  readonly channel: string;
  /**
   * Cursor of this event: `epoch.seq`, for example `k3f9.1042`. The cursor `0.0`, before a channel was used,
   * is never an event's id.
   */
  readonly id: string;
  readonly type: string;
  readonly data: string;
  /** RFC 3339 time with milliseconds, UTC. */
  readonly publishedAt: string;
}

/**
 * What is kept of a channel's events. `durable`: every event, for the retention. `ephemeral`: nothing; an event
 * reaches those who are there and keep up.
 */
export type ChannelKind = 'durable' | 'ephemeral';

/**
 * The header of a stream or a poll with a channel that is not durable: the kind of each channel, in the order of the
 * request, separated by commas. Without it all are durable.
 */
export const KINDS_HEADER = 'Lanes-Channel-Kinds';

/** An event of an ephemeral channel: it has no position, so nobody can resume after it. */
export type EphemeralWireEvent = Omit<WireEvent, 'id'>;

/** An event of an `events` frame, which names the channel once. */
export type BatchedEvent = Omit<WireEvent, 'channel'>;

/**
 * Why a position could not be resumed. `epoch_changed`: the channel's log was wiped or restored in the
 * meantime; `expired`: events after the cursor are past their retention; `ahead`: the cursor is beyond the
 * channel's newest event.
 */
export type ResetReason = 'epoch_changed' | 'expired' | 'ahead';

export interface Reset {
  readonly channel: string;
  readonly reason: ResetReason;
}

/** Response of `POST /v1/channels/{channel}/events`, status 201. */
export interface PublishResponse {
  readonly channel: string;
  readonly id: string;
  readonly publishedAt: string;
}

/**
 * Answer to a batch, with a result for each event in the order of the batch. An event without an `error` is published.
 * Send the same batch again with the same key for those that have one: what is published already stays as it is.
 */
export interface BatchAnswer {
  readonly channel: string;
  readonly events: readonly BatchResult[];
}

/** `publish_contended`: the event was not published; `unavailable`: it may or may not have been. */
export type BatchResult =
  | { readonly id: string; readonly publishedAt: string }
  | { readonly error: { readonly code: 'publish_contended' | 'unavailable'; readonly message: string } };

/** The same with status 202, if the channel is ephemeral: the event was sent to whoever is there. */
export type AcceptedResponse = Omit<PublishResponse, 'id'>;

/** Response of `GET /v1/events` with `Accept: application/json`. */
export interface PollResponse {
  readonly events: readonly WireEvent[];
  /** What came on ephemeral channels while the poll waited. Present only if there is any. */
  readonly ephemeral?: readonly EphemeralWireEvent[];
  /** Present only if the poll asked for presence and there is something to say: a snapshot, or what has changed. */
  readonly presence?: readonly PresenceChanges[];
  /**
   * Pass it as `after` to continue; composite if several channels were requested. It leaves ephemeral channels out, and
   * is empty if there are no others.
   */
  readonly cursor: string;
  /** Present only if a position could not be resumed: skipped events are announced, never skipped silently. */
  readonly resets?: readonly Reset[];
}

/** Somebody who is present on a channel. */
export interface PresenceMember {
  /** The subject of the member's token: any characters. Empty where clients need no token; all of them are one member then. */
  readonly id: string;
  /** How many of its connections are present. At least 1, except in {@link PresenceChange}. */
  readonly connections: number;
  /** What its newest connection says about it; absent if that is empty. */
  readonly data?: string;
}

/** Response of `GET /v1/presence`. */
export interface PresenceResponse {
  readonly channel: string;
  /** Members, not connections. */
  readonly count: number;
  /** Everybody who is present, in any order. Absent if there are more than 1,000. */
  readonly members?: readonly PresenceMember[];
  /** Text that is the same wherever the same members are known. */
  readonly state: string;
}

/** A member as it is now. `connections` is 0 if it has left. */
export type PresenceChange = PresenceMember;

/** What has changed on a channel, for those who follow its presence. */
export interface PresenceChanges {
  readonly channel: string;
  /** Members after the change. */
  readonly count: number;
  /** Absent if there are more than 1,000 members: whoever follows them forgets their names then. */
  readonly changes?: readonly PresenceChange[];
  /** The changes list everybody: who is not among them, or in the parts that follow, is not present. */
  readonly snapshot?: true;
  /** More parts of the same snapshot or change follow. Only the last part's `state` is that of what was sent. */
  readonly more?: true;
  /** As in {@link PresenceResponse}, after the change. */
  readonly state: string;
}

/** RFC 9457 problem details, `application/problem+json`. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
}

/**
 * Being present on a channel, until `absent` or the end of the connection. `present` again with other data changes it.
 */
export type PresenceClientFrame =
  | { readonly action: 'present'; readonly channel: string; readonly data?: string; readonly requestId?: string }
  | { readonly action: 'absent'; readonly channel: string; readonly requestId?: string };

/** Answers to {@link PresenceClientFrame}, and what is sent to connections that follow a channel's presence. */
export type PresenceServerFrame =
  | { readonly kind: 'present'; readonly channel: string; readonly requestId?: string }
  | { readonly kind: 'absent'; readonly channel: string; readonly requestId?: string }
  | ({ readonly kind: 'presence' } & PresenceChanges);

/** Frames that a client sends on the WebSocket lane. Answers repeat `requestId`. */
export type ClientFrame =
  | {
      readonly action: 'subscribe';
      readonly channel: string;
      readonly after?: string;
      /**
       * The client accepts `events` frames. A server that does not know `batch` sends
       * `event` frames.
       */
      readonly batch?: boolean;
      /** Follows who is present on the channel too: `presence` frames. Without it, presence is no longer followed. */
      readonly presence?: boolean;
      /** With `presence`: the state that the client has. If it is still the same, no snapshot is sent. */
      readonly presenceState?: string;
      readonly requestId?: string;
    }
  | { readonly action: 'unsubscribe'; readonly channel: string; readonly requestId?: string }
  | {
      readonly action: 'publish';
      readonly channel: string;
      readonly type?: string | undefined;
      readonly data: string;
      /**
       * Idempotency key. If you have used it before, the answer is the first event's id, or
       * `idempotency_conflict` if type or data differ.
       */
      readonly key?: string;
      readonly requestId?: string;
    }
  /** Publishes several events in this order, under one idempotency key. One invalid event refuses all. */
  | {
      readonly action: 'publish';
      readonly channel: string;
      readonly events: readonly { readonly type?: string | undefined; readonly data: string }[];
      readonly key?: string;
      readonly requestId?: string;
    }
  | {
      readonly action: 'ping';
      /** The pong says where the log is. A server that does not know the field leaves them out. */
      readonly heads?: boolean;
      /** The presence that the client has, by channel. For each channel where it is another, a snapshot follows the pong. */
      readonly presenceStates?: Readonly<Record<string, string>>;
      readonly requestId?: string;
    }
  | PresenceClientFrame;

/** Frames that the server sends on the WebSocket lane. */
export type ServerFrame =
  /** `id` is the baseline: where a subscription without `after` starts. */
  | {
      readonly kind: 'subscribed';
      readonly channel: string;
      /** Absent if the channel is ephemeral. */
      readonly id?: string;
      /** Absent if the channel is durable. */
      readonly channelKind?: ChannelKind;
      readonly requestId?: string;
    }
  | ({ readonly kind: 'event' } & WireEvent)
  | ({ readonly kind: 'ephemeral' } & EphemeralWireEvent)
  /**
   * Several events in order, missed or published together, for a client that asked with `batch`. At most 32 KB: what API Gateway
   * bills as one message.
   */
  | { readonly kind: 'events'; readonly channel: string; readonly events: readonly BatchedEvent[] }
  /**
   * Sent after a replay: everything that exists up to `id` was sent, so a missing seq is a tombstone and not
   * a gap.
   */
  | { readonly kind: 'caughtUp'; readonly channel: string; readonly id: string; readonly requestId?: string }
  | { readonly kind: 'published'; readonly channel: string; readonly id: string; readonly requestId?: string }
  /** Answers a `publish` frame with `events`. */
  | ({ readonly kind: 'publishedBatch'; readonly requestId?: string } & BatchAnswer)
  /** Answers a publication on an ephemeral channel, if it has a `requestId`. */
  | { readonly kind: 'accepted'; readonly channel: string; readonly requestId?: string }
  | { readonly kind: 'unsubscribed'; readonly channel: string; readonly requestId?: string }
  /**
   * `epoch_changed` after `0.0` says that the channel's first epoch has begun. It is sent to a connection
   * that subscribes again after `0.0`: nothing is lost, and the whole epoch follows.
   */
  | { readonly kind: 'reset'; readonly channel: string; readonly reason: ResetReason }
  /**
   * `forbidden`: the token does not allow it. `token_expired`: nothing is delivered any more; also sent
   * without a request, and the connection is then closed. `id` is present with `replay_incomplete`:
   * everything that exists up to it was sent; request the rest after it. `throttled` and
   * `too_many_publications`: a limit per principal was reached; `retryAfterMs` says when to try again.
   */
  | {
      readonly kind: 'error';
      readonly code: string;
      readonly message: string;
      readonly id?: string;
      readonly retryAfterMs?: number;
      readonly requestId?: string;
    }
  /**
   * `heads` has the newest position in the log of each channel that the connection is subscribed to; `0.0` for one that was never
   * used. A client that is not there yet waits a moment, for the events may be on their way, and then subscribes again with `after`.
   */
  | { readonly kind: 'pong'; readonly heads?: Readonly<Record<string, string>>; readonly requestId?: string }
  | PresenceServerFrame;
