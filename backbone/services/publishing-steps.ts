/** The steps of publishing that one event and a batch share. */
import type { ChannelPosition } from '../../packages/protocol/cursor.ts';
import { quote } from '../../packages/protocol/invalid-input.ts';
import { type ChannelEvent, contentOf, type EventContent } from '../domain/event.ts';
import type { ClaimKey, Clock, EventBus, EventLog } from '../ports.ts';

export interface PublisherOptions {
  readonly log: EventLog;
  readonly bus: EventBus;
  readonly clock: Clock;
  /**
   * A publisher that has not written its event this long after its seq was assigned gives up the seq and
   * takes a new one. Must be shorter than the consumers' grace period, so that they can rely on an older gap
   * never being filled.
   */
  readonly publishTimeoutMs: number;
}

/**
 * The idempotency key already stands for another event or batch. Nothing was published, and trying again does not
 * help.
 */
export class IdempotencyConflictError extends Error {
  override readonly name = 'IdempotencyConflictError';
  readonly code = 'idempotency_conflict';

  constructor({ channel, key }: ClaimKey) {
    super(`idempotency key ${quote(key)} was used on channel ${channel} for other content: use a new key for a new event or batch`);
  }
}

export interface Allocation extends ChannelPosition {
  readonly allocatedAtMs: number;
}

/** Takes `count` seqs; the position is the first of them. */
export async function allocate(channel: string, { log, clock }: PublisherOptions, count = 1): Promise<Allocation> {
  // Read before the call, so the seq may be younger than this but never older.
  const allocatedAtMs = clock.nowMs();
  return { ...(await log.allocate(channel, count)), allocatedAtMs };
}

/**
 * Writes the event at the allocated position, or gives up the position if it is too late. Undefined if the
 * seq holds a tombstone.
 */
export async function write(
  publication: EventContent & { readonly channel: string },
  allocation: Allocation,
  publicationId: string,
  options: PublisherOptions,
): Promise<ChannelEvent | undefined> {
  const { log, clock, publishTimeoutMs } = options;
  const { channel } = publication;
  const nowMs = clock.nowMs();
  if (nowMs - allocation.allocatedAtMs > publishTimeoutMs) {
    const entry = await log.tombstone(channel, allocation, allocation.allocatedAtMs);
    return entry.kind === 'event' ? entry.event : undefined;
  }
  const event: ChannelEvent = { channel, epoch: allocation.epoch, seq: allocation.seq, ...contentOf(publication), publishedAtMs: nowMs };
  const outcome = await log.append(event, publicationId);
  return outcome.kind === 'stored' ? outcome.event : undefined;
}

/** What an idempotency key stands for: equal for equal content. Text is listed as it was before there were encodings. */
export function listed({ type, data, encoding }: EventContent): readonly string[] {
  return encoding === undefined ? [type, data] : [type, data, encoding];
}

export function samePosition(a: ChannelPosition, b: ChannelPosition): boolean {
  return a.epoch === b.epoch && a.seq === b.seq;
}
