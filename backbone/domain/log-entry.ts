import type { LaneEvent } from './event.ts';

/** What a seq of the log holds: an event, or the mark that there never will be one. */
export type LogEntry =
  | { readonly kind: 'event'; readonly seq: number; readonly atMs: number; readonly event: LaneEvent }
  | { readonly kind: 'tombstone'; readonly seq: number; readonly atMs: number };

export function eventEntry(event: LaneEvent): LogEntry {
  return { kind: 'event', seq: event.seq, atMs: event.publishedAtMs, event };
}
