import { type LatestEvent, toLatestEntry } from '../../../../backbone/domain/latest-event.ts';
import type { SnapshotEnd } from '../../../../packages/protocol/index.ts';
import { eventBody } from '../../sse-encoding.ts';

/** An entry as an event of a stream. It has no id: the client keeps its cursor. */
export function latestFrame(event: LatestEvent): Buffer {
  return Buffer.from(eventBody({ type: 'latest', data: JSON.stringify({ channel: event.channel, ...toLatestEntry(event) }) }));
}

/** The end of a snapshot as an event of a stream. */
export function snapshotFrame(end: SnapshotEnd): Buffer {
  return Buffer.from(eventBody({ type: 'snapshot', data: JSON.stringify(end) }));
}
