import { formatPosition } from '../../packages/protocol/cursor.ts';
import { TRACE_ONE_IN } from '../contract.ts';
import type { BatchOutcome } from '../domain/batch.ts';
import type { ChannelEvent } from '../domain/event.ts';
import type { LatestOutcome } from '../domain/latest-publication.ts';
import type { LogFields, Logger } from './logger.ts';

/** Where an event is on its way from its publisher to its subscribers. */
export type Hop = 'published' | 'received' | 'delivered';

/**
 * Logs that an event has reached a hop, if the event is one of those that are traced: the first of each
 * channel's epoch, and every {@link TRACE_ONE_IN}th after it. The seq alone decides that at every hop, so
 * nothing extra travels with the event, and a search for its `channel` and `id` finds all hops.
 */
export function traceEvent(logger: Logger, hop: Hop, event: ChannelEvent, nowMs: number, fields: LogFields = {}): void {
  if (event.seq % TRACE_ONE_IN !== 1) return;
  const latencyMs = latencyOf(event, nowMs);
  logger.info('event followed', { hop, channel: event.channel, id: formatPosition(event), latencyMs, ...fields });
}

/** Logs which events of a batch are traced as published, and why others could not be written. */
export function traceBatch(
  logger: Logger,
  channel: string,
  outcomes: readonly BatchOutcome[],
  nowMs: number,
  fields: LogFields = {},
): void {
  for (const outcome of outcomes) if (outcome.kind === 'stored') traceEvent(logger, 'published', outcome.event, nowMs, fields);
  warnOfUnwritten(logger, channel, outcomes, 'lost', fields);
}

/** Logs why events of a batch on a `latest` channel could not be written. */
export function logUnwritten(logger: Logger, channel: string, outcomes: readonly LatestOutcome[], fields: LogFields = {}): void {
  warnOfUnwritten(logger, channel, outcomes, 'refused', fields);
}

function warnOfUnwritten(
  logger: Logger,
  channel: string,
  outcomes: readonly (BatchOutcome | LatestOutcome)[],
  turnedDown: 'lost' | 'refused',
  fields: LogFields,
): void {
  const others = outcomes.filter(({ kind }) => kind === turnedDown).length;
  const failures = outcomes.flatMap((outcome) => (outcome.kind === 'unknown' ? [outcome.error] : []));
  if (others + failures.length === 0) return;
  const [error] = failures;
  const counts = { events: outcomes.length, [turnedDown]: others, unknown: failures.length };
  logger.warn('batch not published as a whole', { channel, ...counts, ...(error !== undefined && { error }), ...fields });
}

/**
 * Milliseconds since the event was published. The clocks of two machines may differ, so a negative latency
 * counts as 0.
 */
export function latencyOf({ publishedAtMs }: Pick<ChannelEvent, 'publishedAtMs'>, nowMs: number): number {
  return Math.max(0, nowMs - publishedAtMs);
}
