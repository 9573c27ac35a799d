/**
 * What this lane needs from the outside world. `aws/` implements these ports on DynamoDB, SQS and API
 * Gateway. Each port has one contract suite, which runs against every implementation.
 */
import type { ClosedConnection, Connection, RegisteredConnection } from './domain/connection.ts';
import type { DeliveryJob, SubscribedConnection } from './domain/delivery-job.ts';
import type { PostAllowance } from './domain/post-window.ts';
import type { ReplayKey } from './domain/replay-job.ts';

export interface SubscriptionPage {
  readonly subscribers: readonly SubscribedConnection[];
  /** Pass it to read the next page; undefined at the end. */
  readonly next?: string;
}

/** What a connection enters a channel with. */
export interface PresenceLease {
  readonly version: number;
  readonly untilMs: number;
}

export interface ConnectionStore {
  /**
   * Records a connection. `overLimit` if its principal already has that many open connections: nothing is
   * recorded then.
   * @param maxPerPrincipal @default no limit; the connection is then not counted
   */
  open(connection: Connection, maxPerPrincipal?: number): Promise<'opened' | 'overLimit'>;
  /** The connection, strongly consistent; undefined when it has no row. An expired one is answered as long as its row is there. */
  find(connectionId: string): Promise<RegisteredConnection | undefined>;
  /** Deletes the connection and every subscription of it; both may be gone already. Calls {@link OnClosed} if it was present somewhere. */
  close(connectionId: string): Promise<void>;
  /**
   * `again` if the connection already had the channel. `gone` if it has no row (closed or expired), `full` if
   * it has `MAX_CHANNELS_PER_CONNECTION` other channels: nothing is written then.
   * @param batch whether the client accepts several events per frame; @default false
   */
  subscribe(connectionId: string, channel: string, batch?: boolean): Promise<'subscribed' | 'again' | 'gone' | 'full'>;
  unsubscribe(connectionId: string, channel: string): Promise<void>;
  /**
   * Notes that the connection is present on the channel. `gone` if it has no row (closed or expired), `full` if it is
   * present on `MAX_PRESENT_CHANNELS` others: nothing is written then.
   */
  enter(connectionId: string, channel: string, lease: PresenceLease): Promise<'entered' | 'gone' | 'full'>;
  /** Notes that all leases of the connection were renewed. */
  renew(connectionId: string, leaseUntilMs: number): Promise<void>;
  /** Notes that the connection is no longer present on the channel. */
  leave(connectionId: string, channel: string, version: number): Promise<void>;
  /** One page of a channel's unexpired subscribers, strongly consistent. */
  subscribers(channel: string, limit: number, after?: string): Promise<SubscriptionPage>;
  /**
   * Deletes a subscription on condition that it has not changed since it was read; `changed` also if it is
   * gone.
   */
  forget(channel: string, subscriber: SubscribedConnection): Promise<'forgotten' | 'changed'>;
}

/** What a store calls once for a connection that it has deleted, if the connection was present somewhere. */
export type OnClosed = (closed: ClosedConnection) => Promise<void>;

/** Limits how often each principal may publish, over all its connections. */
export interface PublishQuota {
  readonly perSecond: number;
  /**
   * Counts events; false if they do not fit below the principal's limit in this second of the clock, and none of them
   * is counted then.
   * @param events at most `perSecond`; @default 1
   */
  take(principal: string, events?: number): Promise<boolean>;
}

/** Limits the posts that each principal may cause, over all its connections. */
export interface PostQuota {
  /** Averaged over a window: see `allowanceOf`. */
  readonly perSecond: number;
  /**
   * Counts posts that are about to be made, even those above the limit. The anonymous principal has no limit.
   */
  take(principal: string, posts: number): Promise<PostAllowance>;
}

/** What is left of a replay that the queue works on. */
export interface PendingReplay {
  /** Tells it from another replay of the same connection and channel that replaces it. */
  readonly id: string;
  readonly epoch: string;
  /** Everything that exists up to here was posted, including what lay after an open gap. */
  readonly sentTo: number;
  /** Nothing is missing up to here. Lower than `sentTo` if there was an open gap. */
  readonly settled: number;
  /** Whether the client accepts several events per frame. */
  readonly batch: boolean;
  /** The `requestId` of the frame that asked for it. */
  readonly requestId?: string;
}

/** What is left of a snapshot of a `latest` channel, which is sent in the order of its keys. */
export interface PendingSnapshot {
  readonly id: string;
  /** The keys up to this one were sent. Empty if none were sent: no key is empty. */
  readonly afterKey: string;
  readonly requestId?: string;
}

/** What a turn of the queue goes on with. */
export type PendingWork = PendingReplay | PendingSnapshot;

/**
 * The replays and snapshots that are waiting or running: one per connection and channel, a small number per principal. A
 * place that no turn has renewed for `REPLAY_LEASE_MS` may be given to another replay, so that a crash locks
 * nobody out.
 */
export interface ReplayStore {
  readonly maxPerPrincipal: number;
  /**
   * Takes a place. `begun`: a message must be queued. `replaced`: an earlier replay of this connection and
   * channel has a message, which now serves this one. `full`: the principal has no place left.
   */
  begin(key: ReplayKey, replay: PendingWork): Promise<'begun' | 'replaced' | 'full'>;
  /** Extends the lease and returns what is left to do; undefined if the replay no longer exists. */
  renew(key: ReplayKey): Promise<PendingWork | undefined>;
  /** Saves the progress. False if the replay was cancelled, or replaced by another that is still to be done. */
  advance(key: ReplayKey, replay: PendingWork): Promise<boolean>;
  /** Releases the place. False as in {@link advance}. */
  end(key: ReplayKey, id: string): Promise<boolean>;
  /** Releases the place, whichever replay holds it. */
  cancel(key: ReplayKey): Promise<void>;
}

/** Where replays wait for their next turn. */
export interface ReplayQueue {
  /** @param delaySeconds whole seconds, at most 900 */
  enqueue(key: ReplayKey, delaySeconds?: number): Promise<void>;
}

/** A connection as the sweep reads it. */
export interface ListedConnection {
  readonly connectionId: string;
  readonly connectedAtMs: number;
  /** When its row expires; DynamoDB may keep it for two more days. */
  readonly expiresAtMs: number;
}

export interface ConnectionPage {
  readonly connections: readonly ListedConnection[];
  /** Pass it to read the next page; undefined at the end. */
  readonly next?: string;
}

/** Where a sweep stopped. */
export interface SweepMark {
  /** The next page begins after this id. */
  readonly after: string;
  /** Connections found open since the pass began. */
  readonly open: number;
}

/** All connections, for the sweep that examines them part by part. */
export interface ConnectionDirectory {
  /** One page in no particular order, of at most `limit` rows, eventually consistent. */
  list(limit: number, after?: string): Promise<ConnectionPage>;
  /** Where the last sweep stopped; undefined if it reached the end. */
  loadMark(): Promise<SweepMark | undefined>;
  saveMark(mark: SweepMark | undefined): Promise<void>;
}

/** Connections whose token expires before API Gateway would close them, ordered by that expiry. */
export interface ConnectionExpiries {
  /**
   * Those that expired between the two times and are still in the table, page by page, eventually consistent.
   */
  expired(fromMs: number, toMs: number): AsyncIterable<readonly string[]>;
}

/** The outcome of closing a connection. */
export type CloseOutcome =
  | { readonly kind: 'closed' }
  /** 410: it was already closed. */
  | { readonly kind: 'gone' }
  /** 429, 5xx, a timeout or a broken socket: the outcome is unknown. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** `DeleteConnection`, which does not let the caller choose the close code. Never retries by itself. */
export interface ConnectionCloser {
  close(connectionId: string): Promise<CloseOutcome>;
}

/** Whether API Gateway still has a connection. */
export type ProbeOutcome =
  | { readonly kind: 'open' }
  /** 410: the connection is closed. */
  | { readonly kind: 'gone' }
  /** 429, 5xx, a timeout or a broken socket: the state is unknown. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** `GetConnection`. Never retries by itself. */
export interface ConnectionProbe {
  probe(connectionId: string): Promise<ProbeOutcome>;
}

export type PostOutcome =
  | { readonly kind: 'sent' }
  /** 410: the connection is closed. */
  | { readonly kind: 'gone' }
  /** 429: the account's rate limit, or this client's full send buffer. */
  | { readonly kind: 'throttled' }
  /** 5xx, a timeout or a broken socket: it may or may not have been delivered. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** 400, 403 or 413: trying again does not help. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * `PostToConnection`. Never retries by itself, because the caller has the budget. No response of the service
 * makes it throw, nor does an abort (`unavailable`, because the frame may have been sent). It throws if no
 * request can be made at all, for example without credentials.
 */
export interface ConnectionPoster {
  post(connectionId: string, frame: string, signal?: AbortSignal): Promise<PostOutcome>;
}

/** Where the lane keeps deliveries for later. */
export interface DeliveryQueue {
  /**
   * Queues jobs for other invocations of the fan-out function, with an optional delay (whole seconds, at most
   * 900). Rejects if any of them may not have been queued; queueing all of them again is safe.
   */
  enqueue(jobs: readonly DeliveryJob[], delaySeconds?: number): Promise<void>;
  /** Sets a job aside for an operator: it is not tried again. */
  deadLetter(job: DeliveryJob): Promise<void>;
}
