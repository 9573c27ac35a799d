import { formatPosition } from '../../packages/protocol/cursor.ts';
import { TRACE_ONE_IN } from '../contract.ts';
import type { ChannelEvent } from '../domain/event.ts';
import type { LogFields, Logger } from './logger.ts';

/** Where an event is on its way from its publisher to its subscribers. */
export type Hop = 'published' | 'received' | 'delivered';

/**
 * Says in the log that an event has come so far, if it is one of those that are followed: the first of each channel's
 * epoch and every {@link TRACE_ONE_IN}th behind it. Everybody on the way decides so by the seq alone, so nothing travels with
 * the event, and whoever looks for its `channel` and `id` finds all of its hops.
 */
export function traceEvent(logger: Logger, hop: Hop, event: ChannelEvent, nowMs: number, fields: LogFields = {}): void {
  if (event.seq % TRACE_ONE_IN !== 1) return;
  const latencyMs = latencyOf(event, nowMs);
  logger.info('event followed', { hop, channel: event.channel, id: formatPosition(event), latencyMs, ...fields });
}

/** Milliseconds since the event was published; clocks of two machines may differ, and no latency is below 0. */
export function latencyOf({ publishedAtMs }: ChannelEvent, nowMs: number): number {
  return Math.max(0, nowMs - publishedAtMs);
}
