import { randomUUID } from 'node:crypto';
import type { ChannelPosition } from '../../packages/protocol/cursor.ts';
import { quote } from '../../packages/protocol/invalid-input.ts';
import type { ChannelEvent, NewEvent } from '../domain/event.ts';
import type { KeyScope } from '../domain/key-scope.ts';
import type { Claim, ClaimKey, Clock, EventBus, EventLog } from '../ports.ts';
import { hashOf } from './hash.ts';

export interface PublisherOptions {
  readonly log: EventLog;
  readonly bus: EventBus;
  readonly clock: Clock;
  /**
   * A publisher that has not written its event this long after its seq was assigned gives the seq up and takes a new
   * one. Below the grace period of consumers, so that they may rely on an older gap never being filled.
   */
  readonly publishTimeoutMs: number;
}

/** Seqs in a row that one publication may lose before its caller is told to try again. */
const MAX_ATTEMPTS = 5;

/** The publication found no place in the log; nothing was published, and the caller may try again. */
export class PublishContendedError extends Error {
  override readonly name = 'PublishContendedError';
}

/** The idempotency key stands for another event already; nothing was published, and trying again changes nothing. */
export class IdempotencyConflictError extends Error {
  override readonly name = 'IdempotencyConflictError';
  readonly code = 'idempotency_conflict';

  constructor({ channel, key }: ClaimKey) {
    super(
      `idempotency key ${quote(key)} was used on channel ${channel} for an event with other type or data: use a new key for a new event`,
    );
  }
}

/**
 * Publishes an event: log first, then notify. When it resolves, the event is in the log and its notification on the
 * topic. When it rejects, either may have happened: the caller tries again with the same idempotency key.
 *
 * @param scope whose the publication's idempotency key is
 * @returns the event as stored; for a key that its scope has used before, the first publication's event
 * @throws PublishContendedError, IdempotencyConflictError, and whatever the log and the bus throw
 */
export async function publish(publication: NewEvent, scope: KeyScope, options: PublisherOptions): Promise<ChannelEvent> {
  const { channel, key } = publication;
  return key === undefined ? publishOnce(publication, options) : publishKeyed(publication, { channel, scope, key }, options);
}

async function publishOnce(publication: NewEvent, options: PublisherOptions): Promise<ChannelEvent> {
  const publicationId = randomUUID();
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const allocation = await allocate(publication.channel, options);
    const event = await write(publication, allocation, publicationId, options);
    if (event !== undefined) {
      await options.bus.notify(event);
      return event;
    }
  }
  throw contended(publication);
}

/**
 * The claim on the key is set before the event is written, so that everyone who comes with the key agrees on the
 * position. A claim whose seq was lost to a tombstone moves to a new seq.
 */
async function publishKeyed(publication: NewEvent, key: ClaimKey, options: PublisherOptions): Promise<ChannelEvent> {
  const { log, bus } = options;
  const contentHash = hashOf(JSON.stringify([publication.type, publication.data]));
  const publicationId = `key:${hashOf(key.scope)}:${key.key}`;
  let claim = (await log.claim(key)) ?? (await takeClaim(key, contentHash, undefined, options));
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (claim.contentHash !== contentHash) throw new IdempotencyConflictError(key);
    const event = (await storedEvent(key.channel, claim, options)) ?? (await write(publication, claim, publicationId, options));
    if (event !== undefined) {
      if (!claim.notified) {
        await bus.notify(event);
        await log.markNotified(key, claim);
      }
      return event;
    }
    claim = await takeClaim(key, contentHash, claim, options);
  }
  throw contended(publication);
}

interface Allocation extends ChannelPosition {
  readonly allocatedAtMs: number;
}

async function allocate(channel: string, { log, clock }: PublisherOptions): Promise<Allocation> {
  // Taken before the call: the seq is younger than this says, never older.
  const allocatedAtMs = clock.nowMs();
  return { ...(await log.allocate(channel)), allocatedAtMs };
}

async function takeClaim(key: ClaimKey, contentHash: string, replaces: Claim | undefined, options: PublisherOptions): Promise<Claim> {
  const allocation = await allocate(key.channel, options);
  const claim = await options.log.setClaim(key, { ...allocation, contentHash }, replaces);
  // Lost to another caller with the same key: without the tombstone, consumers would wait the grace period for our seq.
  if (!samePosition(claim, allocation)) await options.log.tombstone(key.channel, allocation, allocation.allocatedAtMs);
  return claim;
}

/** The event that an earlier try with the same key has written. */
async function storedEvent(channel: string, claim: Claim, { log }: PublisherOptions): Promise<ChannelEvent | undefined> {
  const { entries } = await log.read(channel, claim.epoch, claim.seq, 1, claim.seq);
  const [entry] = entries;
  return entry?.seq === claim.seq && entry.kind === 'event' ? entry.event : undefined;
}

/** Writes the event at the allocated position, or gives the position up when it is too late. Undefined when the seq went to a tombstone. */
async function write(
  publication: NewEvent,
  allocation: Allocation,
  publicationId: string,
  options: PublisherOptions,
): Promise<ChannelEvent | undefined> {
  const { log, clock, publishTimeoutMs } = options;
  const { channel, type, data } = publication;
  const nowMs = clock.nowMs();
  if (nowMs - allocation.allocatedAtMs > publishTimeoutMs) {
    const entry = await log.tombstone(channel, allocation, allocation.allocatedAtMs);
    return entry.kind === 'event' ? entry.event : undefined;
  }
  const event: ChannelEvent = { channel, epoch: allocation.epoch, seq: allocation.seq, type, data, publishedAtMs: nowMs };
  const outcome = await log.append(event, publicationId);
  return outcome.kind === 'stored' ? outcome.event : undefined;
}

function samePosition(a: ChannelPosition, b: ChannelPosition): boolean {
  return a.epoch === b.epoch && a.seq === b.seq;
}

function contended({ channel }: NewEvent): PublishContendedError {
  return new PublishContendedError(`channel ${channel}: ${MAX_ATTEMPTS} seqs in a row were taken by tombstones`);
}
