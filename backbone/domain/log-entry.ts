import type { ChannelEvent } from './event.ts';

/** What the log holds at a seq: an event, or the mark that there will never be one. */
export type LogEntry =
  | { readonly kind: 'event'; readonly seq: number; readonly atMs: number; readonly event: ChannelEvent }
  | { readonly kind: 'tombstone'; readonly seq: number; readonly atMs: number };

export function eventEntry(event: ChannelEvent): LogEntry {
  return { kind: 'event', seq: event.seq, atMs: event.publishedAtMs, event };
}
