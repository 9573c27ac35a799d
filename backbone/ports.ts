/**
 * What the lanes need of the world. `backbone/aws` implements these on DynamoDB, SNS, SQS and API Gateway;
 * one contract suite per port runs against every implementation.
 */
import type { Access, Rights } from './domain/access.ts';
import type { Position } from './domain/cursor.ts';
import type { DeliveryJob, Subscriber } from '../lambda/websocket/domain/delivery-job.ts';
import type { LaneEvent } from './domain/event.ts';
import type { KeyScope } from './domain/key-scope.ts';
import type { LogEntry } from './domain/log-entry.ts';
import type { PostAllowance } from '../lambda/websocket/domain/post-window.ts';
import type { ReplayKey } from '../lambda/websocket/domain/replay-job.ts';

export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The newest assigned position of a channel, which has one from its first publication on. An assigned seq is not necessarily
 * written yet. `seq` is 0 only where a reader made the epoch, as readers did before ADR 28.
 */
export interface Head extends Position {
  /** When the epoch began. Nothing older than that exists, so until `createdAtMs + retention` nothing has expired. */
  readonly createdAtMs: number;
  /** When the newest seq was assigned. */
  readonly allocatedAtMs: number;
}

export interface LogPage {
  readonly entries: readonly LogEntry[];
  /** False when the query reached the end of what exists. Never true on a page without entries, so that a caller gets on. */
  readonly more: boolean;
}

/** An idempotency key, as the log knows it. */
export interface ClaimKey {
  readonly channel: string;
  readonly scope: KeyScope;
  readonly key: string;
}

/** Which position a publication with an idempotency key has taken. */
export interface Claim extends Position {
  /** A hash of what was published: the key stands for that and nothing else. */
  readonly contentHash: string;
  /** When the position was assigned: an event may be written there only shortly after. */
  readonly allocatedAtMs: number;
  /** Whether the notification is known to have gone out. */
  readonly notified: boolean;
}

export type AppendOutcome = { readonly kind: 'stored'; readonly event: LaneEvent } | { readonly kind: 'taken' };

/** All reads are strongly consistent and leave out expired items, which DynamoDB may keep for two more days. */
export interface EventLog {
  /** Step 1 of publishing: assigns the next seq. The first of a channel makes its epoch, and nothing else does. */
  allocate(channel: string): Promise<Position>;
  /** Undefined for a channel that was never used, or whose log was wiped. */
  head(channel: string): Promise<Head | undefined>;
  /** Heads of those channels that have one. */
  heads(channels: readonly string[]): Promise<ReadonlyMap<string, Head>>;
  /**
   * Step 2 of publishing: writes the event if its seq is free. Answers the event that is there when it is of the
   * same publication (this one, or an earlier try whose answer was lost), and `taken` when anything else is, an
   * expired entry too. Settles within `APPEND_LIMIT_MS` of the contract: a late write would fill a seq that consumers count as settled.
   * @param publicationId unique per publication; made from the idempotency key where there is one
   */
  append(event: LaneEvent, publicationId: string): Promise<AppendOutcome>;
  /** Entries of one epoch with `fromSeq` <= seq <= `toSeq` (to the end when undefined), ascending, at most `limit`. */
  read(channel: string, epoch: string, fromSeq: number, limit: number, toSeq?: number): Promise<LogPage>;
  /**
   * Entries of one epoch with seq <= `fromSeq`, descending, at most `limit`. Where it meets expired entries it may
   * take what lies below them, which is older, for expired too.
   */
  readBack(channel: string, epoch: string, fromSeq: number, limit: number): Promise<LogPage>;
  /**
   * Writes a tombstone if the seq is free, and answers what is there now.
   * @param atMs about when the lost event would have been written, and not later: the tombstone expires with its neighbours, or before
   */
  bury(channel: string, position: Position, atMs: number): Promise<LogEntry>;
  /** The claim of an idempotency key, or undefined for a new or expired key. */
  claim(key: ClaimKey): Promise<Claim | undefined>;
  /**
   * Ties a key to a position: a new key when `replaces` is undefined, else only if the key still holds `replaces`.
   * Answers the claim that holds afterwards, which is another's when the race was lost.
   */
  setClaim(key: ClaimKey, claim: Omit<Claim, 'notified'>, replaces?: Position): Promise<Claim>;
  /** Notes that the notification of the key's event has gone out. */
  markNotified(key: ClaimKey, position: Position): Promise<void>;
}

/** Tells both lanes that an event exists. A notification is a hint: it may come late, doubled, out of order or never. */
export interface EventBus {
  notify(event: LaneEvent): Promise<void>;
}

/** Checks signature, issuer, audience and times of a token, and reads what it allows. */
export interface TokenVerifier {
  /**
   * Throws, or rejects, with AccessDeniedError (`unauthorized` or `token_expired`) for a token that is not to be believed, and
   * with KeysUnavailableError where nobody can say. Answers without a promise where nothing has to be fetched.
   */
  verify(token: string): Access | Promise<Access>;
}

/** One WebSocket connection. */
export interface Connection {
  readonly connectionId: string;
  /** Who connected. */
  readonly principal: string;
  /** What the token allows for as long as the connection lasts. */
  readonly rights: Rights;
  /** From then on nothing is delivered, and frames find the connection gone: the token's `exp`, or the end of the row if that is earlier. */
  readonly expiresAtMs: number;
  readonly connectedAtMs: number;
}

export type { DeliveryJob, Subscriber };

export interface SubscriberPage {
  readonly subscribers: readonly Subscriber[];
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
  find(connectionId: string): Promise<Connection | undefined>;
  /** Deletes the connection and every subscription of it; both may be gone already. */
  close(connectionId: string): Promise<void>;
  /**
   * `again` when the connection had the channel already. `gone` when it has no row (closed or expired), `full` when it has
   * `MAX_CHANNELS_PER_CONNECTION` other channels: nothing is written then.
   */
  subscribe(connectionId: string, channel: string): Promise<'subscribed' | 'again' | 'gone' | 'full'>;
  unsubscribe(connectionId: string, channel: string): Promise<void>;
  /** One page of a channel's unexpired subscribers, strongly consistent. */
  subscribers(channel: string, limit: number, after?: string): Promise<SubscriberPage>;
  /** Deletes a subscription on condition that it has not changed since it was read; `changed` when it is gone, too. */
  forget(channel: string, subscriber: Subscriber): Promise<'forgotten' | 'changed'>;
}

/** How often each principal may publish, over all its connections. */
export interface PublicationQuota {
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
  /** Everything that exists up to here has been posted, and what lay behind an open hole too. */
  readonly sentTo: number;
  /** Up to here nothing is missing. Below `sentTo` where a hole was open. */
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

/** Where the WebSocket lane keeps deliveries for later. */
export interface DeliveryQueue {
  /**
   * Hands jobs to other invocations of the fan-out function, after the delay where there is one (whole seconds, at
   * most 900). Rejects when any of them is not known to be queued: queueing all of them again is safe.
   */
  enqueue(jobs: readonly DeliveryJob[], delaySeconds?: number): Promise<void>;
  /** Puts a job aside for an operator: it is not tried again. */
  bury(job: DeliveryJob): Promise<void>;
}

/**
 * A task as its load balancer sees it. `unregistered`: there is no such target, not yet or not any more; `draining`: it
 * gets no new requests and is about to be stopped.
 */
export type TargetState = 'unregistered' | 'registered' | 'draining';

/** What the load balancer knows of this task. */
export interface TargetHealth {
  state(): Promise<TargetState>;
}

export interface QueueMessage {
  readonly body: string;
  readonly receipt: string;
  /** How often it has been handed out before, this time included. */
  readonly receiveCount: number;
}

/** The queue of one SSE task: made when the task starts, subscribed to the topic, deleted when it ends. */
export interface TaskQueue {
  /** Long-polls for up to 20 s; an empty list is normal. Rejects with the signal's reason on abort. */
  receive(signal: AbortSignal): Promise<readonly QueueMessage[]>;
  delete(messages: readonly QueueMessage[]): Promise<void>;
  /** Unsubscribes and deletes the queue. Safe to call twice. */
  close(): Promise<void>;
}
