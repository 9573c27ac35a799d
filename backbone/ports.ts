/**
 * What the lanes need from the outside world. `backbone/aws` implements these ports on DynamoDB and SNS. Each
 * port has one contract suite, which runs against every implementation.
 */

import type { ChannelPosition } from '../packages/protocol/cursor.ts';
import type { Access } from './domain/access.ts';
import type { EphemeralEvent } from './domain/ephemeral-event.ts';
import type { ChannelEvent } from './domain/event.ts';
import type { KeyScope } from './domain/key-scope.ts';
import type { LatestEvent, NewLatestEvent } from './domain/latest-event.ts';
import type { LogEntry } from './domain/log-entry.ts';
import type { PresenceKey, PresenceNotification, PresenceRow } from './domain/presence.ts';

export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason if it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * The newest assigned position of a channel, which exists from the channel's first publication on. An
 * assigned seq is not necessarily written yet. `seq` is 0 only if a reader created the epoch, as readers did
 * before ADR 28.
 */
export interface Head extends ChannelPosition {
  /**
   * When the epoch began. The epoch has nothing older, so nothing has expired until `createdAtMs +
   * retention`.
   */
  readonly createdAtMs: number;
  /** When the newest seq was assigned. */
  readonly allocatedAtMs: number;
}

export interface LogPage {
  readonly entries: readonly LogEntry[];
  /**
   * False if the query reached the end of what exists. Never true on a page without entries, so a caller
   * always makes progress.
   */
  readonly more: boolean;
}

/** An idempotency key, as the log stores it. */
export interface ClaimKey {
  readonly channel: string;
  readonly scope: KeyScope;
  readonly key: string;
}

/** The position that a publication with an idempotency key has taken. */
export interface Claim extends ChannelPosition {
  /** A hash of what was published: the key may be used again for the same content only. */
  readonly contentHash: string;
  /** When the position was assigned: an event may be written there for a short time only. */
  readonly allocatedAtMs: number;
  /** Whether the notification is known to have been sent. */
  readonly notified: boolean;
  /**
   * Only of a batch some of whose events have moved to other seqs. Otherwise the events of a batch follow each other from
   * the claim's position upwards.
   */
  readonly moved?: MovedBatch;
}

export interface MovedBatch {
  /** Where each event of the batch is. */
  readonly positions: readonly ChannelPosition[];
  /** When the first position was assigned: the claim expires with the batch's oldest events. */
  readonly firstAllocatedAtMs: number;
}

export type AppendOutcome = { readonly kind: 'stored'; readonly event: ChannelEvent } | { readonly kind: 'taken' };

/** All reads are strongly consistent and leave out expired items, which DynamoDB may keep for two more days. */
export interface EventLog {
  /**
   * Step 1 of publishing: assigns the next `count` seqs, and returns the first of them. A channel's first call creates
   * its epoch; nothing else does.
   * @param count @default 1
   */
  allocate(channel: string, count?: number): Promise<ChannelPosition>;
  /** Undefined if the channel was never used, or its log was wiped. */
  head(channel: string): Promise<Head | undefined>;
  /** The heads of those channels that have one. */
  heads(channels: readonly string[]): Promise<ReadonlyMap<string, Head>>;
  /**
   * Step 2 of publishing: writes the event if its seq is free. Returns the event at that seq if it is of the
   * same publication (this attempt, or an earlier one whose response was lost), and `taken` if anything else
   * is there, including an expired entry. Settles within `APPEND_LIMIT_MS` of the contract: a late write
   * would fill a seq that consumers count as settled.
   * @param publicationId unique per publication; derived from the idempotency key if there is one
   */
  append(event: ChannelEvent, publicationId: string): Promise<AppendOutcome>;
  /**
   * Entries of one epoch with `fromSeq` <= seq <= `toSeq` (to the end if undefined), ascending, at most
   * `limit`.
   */
  read(channel: string, epoch: string, fromSeq: number, limit: number, toSeq?: number): Promise<LogPage>;
  /**
   * Entries of one epoch with seq <= `fromSeq`, descending, at most `limit`. At an expired entry it may stop,
   * because everything below is older and has expired too.
   */
  readBack(channel: string, epoch: string, fromSeq: number, limit: number): Promise<LogPage>;
  /**
   * Writes a tombstone if the seq is free, and returns what the seq holds now.
   * @param atMs about when the lost event would have been written, and not later: the tombstone must not
   * outlive its neighbors
   */
  tombstone(channel: string, position: ChannelPosition, atMs: number): Promise<LogEntry>;
  /** The claim of an idempotency key; undefined if the key is new or has expired. */
  claim(key: ClaimKey): Promise<Claim | undefined>;
  /**
   * Ties a key to a position: a new key if `replaces` is undefined, otherwise only if the key still holds
   * `replaces`. Returns the claim that holds afterwards, which is another publisher's if that one was faster.
   */
  setClaim(key: ClaimKey, claim: Omit<Claim, 'notified'>, replaces?: ChannelPosition): Promise<Claim>;
  /** Records that the notification of the key's event was sent. */
  markNotified(key: ClaimKey, position: ChannelPosition): Promise<void>;
}

/** The newest event of each key of `latest` channels. */
export interface LatestStore {
  /**
   * Writes the event, or the removal of its key, as the newest version of the key. A key that does not exist, or has expired, begins
   * anew with the count 1. Writing again after a lost response only counts another version.
   * @returns what was written; its version is newer than that of every event of the key that was written before
   * @throws TooManyKeysError if the key is new and the channel has as many keys as it may; InvalidInputError `invalid_body` if the
   * key cannot be stored beside another one
   */
  put(event: NewLatestEvent): Promise<LatestEvent>;
  /**
   * What the channel holds that has not expired, removals included, in no particular order.
   * @param consistency `strong` has everything that was written before; `eventual` costs half, and may lack the last seconds
   */
  read(channel: string, consistency: 'strong' | 'eventual'): Promise<readonly LatestEvent[]>;
}

/** Tells all lanes about the newest events of keys, as a hint: what is lost, late or repeated is in the table. */
export interface LatestBus {
  /** @param events at least one, all of one channel; several of them are at most `MAX_BATCH_BYTES` as encoded */
  announceLatest(events: readonly LatestEvent[]): Promise<void>;
}

/**
 * Tells all lanes that events exist. A notification is a hint: it may be late, duplicated, out of order or lost.
 */
export interface EventBus {
  /**
   * One notification for all of them.
   * @param events at least one, all of one channel; several of them are at most `MAX_BATCH_BYTES` as encoded
   */
  notify(events: readonly ChannelEvent[]): Promise<void>;
}

/** Sends events that no log has: if a notification is lost, so is its event. */
export interface EphemeralBus {
  announce(event: EphemeralEvent): Promise<void>;
}

/** What a store knows of a channel's presence. */
export interface PresenceRead {
  /** Members: whoever has rows of several owners counts once. */
  readonly count: number;
  /** The rows of all members; absent if there are more than `MAX_LISTED_MEMBERS`. */
  readonly rows?: readonly PresenceRow[];
}

/**
 * Who is present on which channel. Each row belongs to an owner: a task, which serves many connections, or a single
 * connection. The rows of a task live as long as its lease; those of a connection have a lease each, `leaseUntilMs`.
 *
 * All reads are strongly consistent and leave out whatever has lapsed, even if it was not deleted yet.
 */
export interface PresenceStore {
  /**
   * Writes rows, replacing those with the same key, and deletes others. Not atomic: if it rejects, any part may have been
   * done. Do it again then; that does no harm.
   * @param removals keys of rows, which need not exist; none of the written rows
   */
  write(rows: readonly PresenceRow[], removals: readonly PresenceKey[]): Promise<void>;
  /** Extends the leases of rows that have one of their own. Those that do not exist are left out. */
  extend(keys: readonly PresenceKey[], untilMs: number): Promise<void>;
  /** Begins or extends the lease of a task. */
  renewLease(owner: string, untilMs: number): Promise<void>;
  /** Ends the lease of a task: all of its rows are gone at once, on every channel. */
  endLease(owner: string): Promise<void>;
  /** Until when each of these tasks has its lease, in milliseconds since 1970. Those without one are missing. */
  leases(owners: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** Reads one channel. It costs about as much as its rows are long. */
  read(channel: string): Promise<PresenceRead>;
}

/** Tells all lanes who came, changed or left. As every notification it is a hint: whoever needs to be sure asks the store. */
export interface PresenceBus {
  /** Call it after the rows were written. */
  tell(notification: PresenceNotification): Promise<void>;
}

/** Checks a token's signature, issuer, audience and times, and reads what it allows. */
export interface TokenVerifier {
  /**
   * Throws, or rejects, with AccessDeniedError (`unauthorized` or `token_expired`) for a token that is not
   * valid, and with KeysUnavailableError if it cannot be checked. Returns no promise if no key has to be
   * fetched.
   */
  verify(token: string): Access | Promise<Access>;
}
