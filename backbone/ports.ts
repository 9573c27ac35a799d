/**
 * What the lanes need of the world. `backbone/aws` implements these on DynamoDB and SNS;
 * one contract suite per port runs against every implementation.
 */

import type { ChannelPosition } from '../packages/protocol/cursor.ts';
import type { Access } from './domain/access.ts';
import type { ChannelEvent } from './domain/event.ts';
import type { KeyScope } from './domain/key-scope.ts';
import type { LogEntry } from './domain/log-entry.ts';

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
export interface Head extends ChannelPosition {
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
export interface Claim extends ChannelPosition {
  /** A hash of what was published: the key stands for that and nothing else. */
  readonly contentHash: string;
  /** When the position was assigned: an event may be written there only shortly after. */
  readonly allocatedAtMs: number;
  /** Whether the notification is known to have gone out. */
  readonly notified: boolean;
}

export type AppendOutcome = { readonly kind: 'stored'; readonly event: ChannelEvent } | { readonly kind: 'taken' };

/** All reads are strongly consistent and leave out expired items, which DynamoDB may keep for two more days. */
export interface EventLog {
  /** Step 1 of publishing: assigns the next seq. The first of a channel makes its epoch, and nothing else does. */
  allocate(channel: string): Promise<ChannelPosition>;
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
  append(event: ChannelEvent, publicationId: string): Promise<AppendOutcome>;
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
  tombstone(channel: string, position: ChannelPosition, atMs: number): Promise<LogEntry>;
  /** The claim of an idempotency key, or undefined for a new or expired key. */
  claim(key: ClaimKey): Promise<Claim | undefined>;
  /**
   * Ties a key to a position: a new key when `replaces` is undefined, else only if the key still holds `replaces`.
   * Answers the claim that holds afterwards, which is another's when the race was lost.
   */
  setClaim(key: ClaimKey, claim: Omit<Claim, 'notified'>, replaces?: ChannelPosition): Promise<Claim>;
  /** Notes that the notification of the key's event has gone out. */
  markNotified(key: ClaimKey, position: ChannelPosition): Promise<void>;
}

/** Tells both lanes that an event exists. A notification is a hint: it may come late, doubled, out of order or never. */
export interface EventBus {
  notify(event: ChannelEvent): Promise<void>;
}

/** Checks signature, issuer, audience and times of a token, and reads what it allows. */
export interface TokenVerifier {
  /**
   * Throws, or rejects, with AccessDeniedError (`unauthorized` or `token_expired`) for a token that is not to be believed, and
   * with KeysUnavailableError where nobody can say. Answers without a promise where nothing has to be fetched.
   */
  verify(token: string): Access | Promise<Access>;
}
