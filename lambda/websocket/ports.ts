/**
 * What this lane needs of the world. `aws/` implements these on DynamoDB, SQS and API Gateway; one contract suite per port
 * runs against every implementation.
 */
import type { Connection, RegisteredConnection } from './domain/connection.ts';
import type { DeliveryJob, SubscribedConnection } from './domain/delivery-job.ts';
import type { PostAllowance } from './domain/post-window.ts';
import type { ReplayKey } from './domain/replay-job.ts';

export interface SubscriptionPage {
  readonly subscribers: readonly SubscribedConnection[];
  /** Pass it on to read the next page; undefined at the end. */
  readonly next?: string;
}

export interface ConnectionStore {
  /**
   * Records a connection. `overLimit` when its principal has so many already that are open: nothing is left of it then.
   * @param maxPerPrincipal @default no limit, and the connection is counted against nobody
   */
  open(connection: Connection, maxPerPrincipal?: number): Promise<'opened' | 'overLimit'>;
  /** The connection, strongly consistent; undefined when it has no row. An expired one is answered as long as its row is there. */
  find(connectionId: string): Promise<RegisteredConnection | undefined>;
  /** Deletes the connection and every subscription of it; both may be gone already. */
  close(connectionId: string): Promise<void>;
  /**
   * `again` when the connection had the channel already. `gone` when it has no row (closed or expired), `full` when it has
   * `MAX_CHANNELS_PER_CONNECTION` other channels: nothing is written then.
   */
  subscribe(connectionId: string, channel: string): Promise<'subscribed' | 'again' | 'gone' | 'full'>;
  unsubscribe(connectionId: string, channel: string): Promise<void>;
  /** One page of a channel's unexpired subscribers, strongly consistent. */
  subscribers(channel: string, limit: number, after?: string): Promise<SubscriptionPage>;
  /** Deletes a subscription on condition that it has not changed since it was read; `changed` when it is gone, too. */
  forget(channel: string, subscriber: SubscribedConnection): Promise<'forgotten' | 'changed'>;
}

/** How often each principal may publish, over all its connections. */
export interface PublishQuota {
  readonly perSecond: number;
  /** Counts one; false where the principal has published so often in this second of the clock. */
  take(principal: string): Promise<boolean>;
}

/** Posts that each principal may cause, over all its connections. */
export interface PostQuota {
  /** On average over a window: see `allowanceOf`. */
  readonly perSecond: number;
  /** Counts posts that are about to be made, also where they are more than allowed. The anonymous principal may make any number. */
  take(principal: string, posts: number): Promise<PostAllowance>;
}

/** A replay that the queue works on: what is left of it. */
export interface PendingReplay {
  /** Tells it from one of the same connection and channel that takes its place. */
  readonly id: string;
  readonly epoch: string;
  /** Everything that exists up to here has been posted, and what lay behind an open gap too. */
  readonly sentTo: number;
  /** Up to here nothing is missing. Below `sentTo` where a gap was open. */
  readonly settled: number;
  /** Whether the client takes several events per frame. */
  readonly batch: boolean;
  /** Of the frame that asked for it. */
  readonly requestId?: string;
}

/**
 * The replays that are waiting or running: one per connection and channel, a small number per principal. A place that no turn
 * has renewed for `REPLAY_LEASE_MS` may be given to another, so that a crash locks nobody out.
 */
export interface ReplayStore {
  readonly maxPerPrincipal: number;
  /**
   * Takes a place. `begun`: a message has to be queued. `replaced`: the one before of this connection and channel has a message,
   * which serves this one now. `full`: the principal has no place left.
   */
  begin(key: ReplayKey, replay: PendingReplay): Promise<'begun' | 'replaced' | 'full'>;
  /** Keeps the place for another while, and answers what is to be done; undefined when there is no such replay any more. */
  renew(key: ReplayKey): Promise<PendingReplay | undefined>;
  /** Notes how far it has come. False when it was cancelled, or another has taken its place: that is still to be done. */
  advance(key: ReplayKey, replay: PendingReplay): Promise<boolean>;
  /** Gives the place back. False as in {@link advance}. */
  end(key: ReplayKey, id: string): Promise<boolean>;
  /** Gives the place back whatever has become of it. */
  cancel(key: ReplayKey): Promise<void>;
}

/** Where replays wait for their next turn. */
export interface ReplayQueue {
  /** @param delaySeconds whole seconds, at most 900 */
  enqueue(key: ReplayKey, delaySeconds?: number): Promise<void>;
}

/** A connection as the sweep finds it. */
export interface ListedConnection {
  readonly connectionId: string;
  readonly connectedAtMs: number;
  /** End of its row's time; DynamoDB may keep it for two more days. */
  readonly expiresAtMs: number;
}

export interface ConnectionPage {
  readonly connections: readonly ListedConnection[];
  /** Pass it on to read the next page; undefined at the end. */
  readonly next?: string;
}

/** Where a sweep has come to. */
export interface SweepMark {
  /** The next page begins behind this. */
  readonly after: string;
  /** Connections that were found open since the sweep began at the start. */
  readonly open: number;
}

/** All connections, for the sweep that goes over them a part at a time. */
export interface ConnectionDirectory {
  /** One page in no particular order, from at most `limit` rows, eventually consistent. */
  list(limit: number, after?: string): Promise<ConnectionPage>;
  /** Where the last sweep stopped; undefined where it came to the end. */
  loadMark(): Promise<SweepMark | undefined>;
  saveMark(mark: SweepMark | undefined): Promise<void>;
}

/** Connections whose token ends before API Gateway would close them, by the end of the token. */
export interface ConnectionExpiries {
  /** Those that have expired between the two times and are still in the table, page by page, eventually consistent. */
  expired(fromMs: number, toMs: number): AsyncIterable<readonly string[]>;
}

/** What became of a connection that was to be ended. */
export type CloseOutcome =
  | { readonly kind: 'closed' }
  /** 410: it was closed before. */
  | { readonly kind: 'gone' }
  /** 429, 5xx, a timeout or a broken socket: nobody knows. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** `DeleteConnection`, which lets nobody choose the close code. Never retries by itself. */
export interface ConnectionCloser {
  close(connectionId: string): Promise<CloseOutcome>;
}

/** Whether API Gateway still has a connection. */
export type ProbeOutcome =
  | { readonly kind: 'open' }
  /** 410: the connection is closed. */
  | { readonly kind: 'gone' }
  /** 429, 5xx, a timeout or a broken socket: nobody knows. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** `GetConnection`. Never retries by itself. */
export interface ConnectionProbe {
  probe(connectionId: string): Promise<ProbeOutcome>;
}

export type PostOutcome =
  | { readonly kind: 'sent' }
  /** 410: the connection is closed. */
  | { readonly kind: 'gone' }
  /** 429: the account's rate, or this one client's send buffer. */
  | { readonly kind: 'throttled' }
  /** 5xx, a timeout or a broken socket: may have been delivered or not. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** 400, 403 or 413: trying again changes nothing. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * `PostToConnection`. Never retries by itself: the caller has the budget. Throws for no answer of the service, and
 * for no abort either (`unavailable`, for the frame may be on its way), but where no request can be made at all, such as
 * without credentials.
 */
export interface ConnectionPoster {
  post(connectionId: string, frame: string, signal?: AbortSignal): Promise<PostOutcome>;
}

/** Where the lane keeps deliveries for later. */
export interface DeliveryQueue {
  /**
   * Hands jobs to other invocations of the fan-out function, after the delay where there is one (whole seconds, at
   * most 900). Rejects when any of them is not known to be queued: queueing all of them again is safe.
   */
  enqueue(jobs: readonly DeliveryJob[], delaySeconds?: number): Promise<void>;
  /** Puts a job aside for an operator: it is not tried again. */
  deadLetter(job: DeliveryJob): Promise<void>;
}
