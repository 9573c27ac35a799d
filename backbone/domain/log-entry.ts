import type { ChannelEvent } from './event.ts';

/** What a seq of the log holds: an event, or the mark that there never will be one. */
export type LogEntry =
  | { readonly kind: 'event'; readonly seq: number; readonly atMs: number; readonly event: ChannelEvent }
  | { readonly kind: 'tombstone'; readonly seq: number; readonly atMs: number };

export function eventEntry(event: ChannelEvent): LogEntry {
  return { kind: 'event', seq: event.seq, atMs: event.publishedAtMs, event };
}
