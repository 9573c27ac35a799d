import { randomUUID } from 'node:crypto';
import type { BatchOutcome, NewBatch } from '../domain/batch.ts';
import type { ChannelEvent, NewEvent } from '../domain/event.ts';
import type { KeyScope } from '../domain/key-scope.ts';
import type { Claim, ClaimKey } from '../ports.ts';
import { publishBatch } from './batch-publisher.ts';
import { hashOf } from './hash.ts';
import { allocate, IdempotencyConflictError, listed, type PublisherOptions, samePosition, write } from './publishing-steps.ts';

/** What entrances publish with. */
export interface Publisher {
  /** See {@link publish}. */
  publish(publication: NewEvent, scope: KeyScope): Promise<ChannelEvent>;
  /** See {@link publishBatch}. */
  publishBatch(batch: NewBatch, scope: KeyScope): Promise<readonly BatchOutcome[]>;
}

export function bindPublisher(options: PublisherOptions): Publisher {
  return {
    publish: (publication, scope) => publish(publication, scope, options),
    publishBatch: (batch, scope) => publishBatch(batch, scope, options),
  };
}

/** How many seqs in a row one publication may lose before its caller has to try again. */
const MAX_ATTEMPTS = 5;

/** The publication could not get a position in the log. Nothing was published, and the caller may try again. */
export class PublishContendedError extends Error {
  override readonly name = 'PublishContendedError';
}

/**
 * Publishes an event: first to the log, then a notification. When it resolves, the event is in the log and
 * its notification on the topic. When it rejects, either of the two may have happened: the caller tries again
 * with the same idempotency key.
 *
 * @param scope whose the publication's idempotency key is
 * @returns the event as stored; if the scope has used the key before, the first publication's event
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
      await options.bus.notify([event]);
      return event;
    }
  }
  throw contended(publication);
}

/**
 * The claim on the key is set before the event is written, so that all attempts with the key agree on the
 * position. A claim whose seq was lost to a tombstone moves to a new seq.
 */
async function publishKeyed(publication: NewEvent, key: ClaimKey, options: PublisherOptions): Promise<ChannelEvent> {
  const { log, bus } = options;
  const contentHash = hashOf(JSON.stringify(listed(publication)));
  const publicationId = `key:${hashOf(key.scope)}:${key.key}`;
  let claim = (await log.claim(key)) ?? (await takeClaim(key, contentHash, undefined, options));
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    if (claim.contentHash !== contentHash) throw new IdempotencyConflictError(key);
    const event = (await storedEvent(key.channel, claim, options)) ?? (await write(publication, claim, publicationId, options));
    if (event !== undefined) {
      if (!claim.notified) {
        await bus.notify([event]);
        await log.markNotified(key, claim);
      }
      return event;
    }
    claim = await takeClaim(key, contentHash, claim, options);
  }
  throw contended(publication);
}

async function takeClaim(key: ClaimKey, contentHash: string, replaces: Claim | undefined, options: PublisherOptions): Promise<Claim> {
  const allocation = await allocate(key.channel, options);
  const claim = await options.log.setClaim(key, { ...allocation, contentHash }, replaces);
  // Another caller with the same key was faster. Without the tombstone, consumers would wait the grace period
  // for our seq.
  if (!samePosition(claim, allocation)) await options.log.tombstone(key.channel, allocation, allocation.allocatedAtMs);
  return claim;
}

/** The event that an earlier attempt with the same key has written. */
async function storedEvent(channel: string, claim: Claim, { log }: PublisherOptions): Promise<ChannelEvent | undefined> {
  const { entries } = await log.read(channel, claim.epoch, claim.seq, 1, claim.seq);
  const [entry] = entries;
  return entry?.seq === claim.seq && entry.kind === 'event' ? entry.event : undefined;
}

function contended({ channel }: NewEvent): PublishContendedError {
  return new PublishContendedError(
    `channel ${channel}: ${MAX_ATTEMPTS} seqs in a row were taken by tombstones, so nothing was published: try again`,
  );
}
