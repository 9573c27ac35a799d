import { randomUUID } from 'node:crypto';
import type { ChannelPosition } from '../../packages/protocol/cursor.ts';
import type { BatchOutcome, NewBatch } from '../domain/batch.ts';
import type { KeyScope } from '../domain/key-scope.ts';
import type { LogEntry } from '../domain/log-entry.ts';
import type { Claim, ClaimKey, EventLog } from '../ports.ts';
import { hashOf } from './hash.ts';
import { inParallel } from './in-parallel.ts';
import {
  type Allocation,
  allocate,
  IdempotencyConflictError,
  listed,
  type PublisherOptions,
  samePosition,
  write,
} from './publishing-steps.ts';

/** Events of a batch that are written at a time: few enough to leave a process time for others between them. */
const WRITES_AT_ONCE = 20;

/**
 * Publishes events of one channel in their order, with one allocation of seqs and one notification ([ADR
 * 49](../../docs/decisions/0049-a-batch-is-one-allocation-and-one-notification.md)). When it resolves, the notification of
 * all that are `stored` is on the topic. An event whose seq was lost is not written elsewhere, because it would then come
 * after those behind it; the caller publishes the same batch again with the same key. When it rejects, any of the events may
 * have been published: the caller does the same.
 *
 * @param scope whose the batch's idempotency key is
 * @returns an outcome for each event, in the order of the batch
 * @throws IdempotencyConflictError, and whatever the log and the bus throw, except for single writes
 */
export async function publishBatch(batch: NewBatch, scope: KeyScope, options: PublisherOptions): Promise<readonly BatchOutcome[]> {
  const { channel, key } = batch;
  return key === undefined ? publishOnce(batch, options) : publishKeyed(batch, { channel, scope, key }, options);
}

async function publishOnce(batch: NewBatch, options: PublisherOptions): Promise<readonly BatchOutcome[]> {
  const { channel, events } = batch;
  const allocation = await allocate(channel, options, events.length);
  const places = upwards(allocation, events.length).map((position) => ({ position, allocatedAtMs: allocation.allocatedAtMs }));
  const outcomes = await writeAll(batch, places, randomUUID(), options);
  await notifyStored(outcomes, options);
  return outcomes;
}

/**
 * The claim on the key says where the events are to be written, so that all attempts agree. An attempt that finds events lost
 * moves the claim once, with new seqs for these; what it loses itself is left to the next one.
 */
async function publishKeyed(batch: NewBatch, key: ClaimKey, options: PublisherOptions): Promise<readonly BatchOutcome[]> {
  const contentHash = hashOf(JSON.stringify(batch.events.map(listed)));
  const publicationId = `batch:${hashOf(key.scope)}:${key.key}`;
  const fulfil = async (claim: Claim) => {
    if (claim.contentHash !== contentHash) throw new IdempotencyConflictError(key);
    return writeAll(batch, await findPlaces(batch, claim, options.log), publicationId, options);
  };

  const held = await options.log.claim(key);
  let claim = held ?? (await takeClaim(key, contentHash, batch.events.length, options));
  let outcomes = await fulfil(claim);
  const lost = outcomes.flatMap(({ kind }, index) => (kind === 'lost' ? [index] : []));
  if (held !== undefined && lost.length > 0) {
    claim = await moveClaim(key, claim, positionsOf(claim, batch.events.length), lost, options);
    outcomes = await fulfil(claim);
  }
  if (!claim.notified) {
    await notifyStored(outcomes, options);
    if (outcomes.every(({ kind }) => kind === 'stored')) await options.log.markNotified(key, claim);
  }
  return outcomes;
}

async function takeClaim(key: ClaimKey, contentHash: string, count: number, options: PublisherOptions): Promise<Claim> {
  const allocation = await allocate(key.channel, options, count);
  const claim = await options.log.setClaim(key, { ...allocation, contentHash });
  await giveUpUnless(claim, allocation, count, key, options);
  return claim;
}

/** Ties the key to new seqs for the events that were lost; the others stay where they are. */
async function moveClaim(
  key: ClaimKey,
  claim: Claim,
  positions: readonly ChannelPosition[],
  lost: readonly number[],
  options: PublisherOptions,
): Promise<Claim> {
  const allocation = await allocate(key.channel, options, lost.length);
  const replaced = new Map(upwards(allocation, lost.length).map((position, at) => [lost[at], position]));
  const moved = {
    positions: positions.map((position, index) => replaced.get(index) ?? position),
    firstAllocatedAtMs: claim.moved?.firstAllocatedAtMs ?? claim.allocatedAtMs,
  };
  const next = await options.log.setClaim(key, { ...allocation, contentHash: claim.contentHash, moved }, claim);
  await giveUpUnless(next, allocation, lost.length, key, options);
  return next;
}

/**
 * Another caller with the same key may have been faster. Without the tombstones, consumers would wait the grace period for the
 * seqs that were taken for nothing.
 */
async function giveUpUnless(
  claim: Claim,
  allocation: Allocation,
  count: number,
  { channel }: ClaimKey,
  { log }: PublisherOptions,
): Promise<void> {
  if (samePosition(claim, allocation)) return;
  await inParallel(upwards(allocation, count), WRITES_AT_ONCE, (position) => log.tombstone(channel, position, allocation.allocatedAtMs));
}

/** Where an event of the batch belongs, and what is there already. */
interface Place {
  readonly position: ChannelPosition;
  readonly allocatedAtMs: number;
  readonly entry?: LogEntry | undefined;
}

async function findPlaces({ channel, events }: NewBatch, claim: Claim, log: EventLog): Promise<readonly Place[]> {
  const positions = positionsOf(claim, events.length);
  const entries = (await Promise.all(runsOf(positions).map((run) => readRun(channel, run, log)))).flat();
  return positions.map((position, index) => {
    const isNewest = position.epoch === claim.epoch && position.seq >= claim.seq;
    const allocatedAtMs = isNewest ? claim.allocatedAtMs : (claim.moved?.firstAllocatedAtMs ?? claim.allocatedAtMs);
    return { position, allocatedAtMs, entry: entries[index] };
  });
}

function positionsOf(claim: Claim, count: number): readonly ChannelPosition[] {
  return claim.moved?.positions ?? upwards(claim, count);
}

function upwards({ epoch, seq }: ChannelPosition, count: number): readonly ChannelPosition[] {
  return Array.from({ length: count }, (_, index) => ({ epoch, seq: seq + index }));
}

/** Neighbors that follow each other in the log, so that they can be read together. */
function runsOf(positions: readonly ChannelPosition[]): readonly (readonly ChannelPosition[])[] {
  const runs: ChannelPosition[][] = [];
  for (const position of positions) {
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (last?.epoch === position.epoch && last.seq + 1 === position.seq) run?.push(position);
    else runs.push([position]);
  }
  return runs;
}

/** What is at each position of a run. */
async function readRun(channel: string, run: readonly ChannelPosition[], log: EventLog): Promise<readonly (LogEntry | undefined)[]> {
  const [first, last] = [run[0], run.at(-1)];
  if (first === undefined || last === undefined) return [];
  const found = new Map<number, LogEntry>();
  for (let from = first.seq, more = true; more; ) {
    const page = await log.read(channel, first.epoch, from, run.length, last.seq);
    for (const entry of page.entries) found.set(entry.seq, entry);
    from = (page.entries.at(-1)?.seq ?? last.seq) + 1;
    more = page.more;
  }
  return run.map(({ seq }) => found.get(seq));
}

/** Writes the events whose places are free. One failure does not stop the others. */
async function writeAll(
  { channel, events }: NewBatch,
  places: readonly Place[],
  publicationId: string,
  options: PublisherOptions,
): Promise<readonly BatchOutcome[]> {
  return inParallel(places, WRITES_AT_ONCE, async ({ position, allocatedAtMs, entry }, index): Promise<BatchOutcome> => {
    if (entry?.kind === 'event') return { kind: 'stored', event: entry.event };
    const content = events[index];
    if (entry?.kind === 'tombstone' || content === undefined) return { kind: 'lost' };
    try {
      const event = await write({ channel, ...content }, { ...position, allocatedAtMs }, `${publicationId}:${index}`, options);
      return event === undefined ? { kind: 'lost' } : { kind: 'stored', event };
    } catch (error) {
      return { kind: 'unknown', error };
    }
  });
}

async function notifyStored(outcomes: readonly BatchOutcome[], { bus }: PublisherOptions): Promise<void> {
  const stored = outcomes.flatMap((outcome) => (outcome.kind === 'stored' ? [outcome.event] : []));
  if (stored.length > 0) await bus.notify(stored);
}
