/** Reading a channel backwards ([ADR 55](../../docs/decisions/0055-history-is-the-log-read-backwards.md)). */
import type { ChannelPosition } from '../../packages/protocol/cursor.ts';
import type { ChannelEvent } from '../domain/event.ts';
import type { LogEntry } from '../domain/log-entry.ts';
import type { LogReader } from './log-reader.ts';

export interface HistoryRequest {
  readonly channel: string;
  /** Only events before this one are wanted; undefined for the newest. */
  readonly before: ChannelPosition | undefined;
  /** The most events of a page. */
  readonly last: number;
}

/** What one page may hold. A single event may exceed it. */
export interface PageRoom {
  readonly maxBytes: number;
  bytesOf(event: ChannelEvent): number;
}

export interface HistoryPage {
  /** In order. The id of the first leads to the page before. */
  readonly events: readonly ChannelEvent[];
  /** False if the log has nothing before this page. */
  readonly more: boolean;
}

/**
 * The newest events before a position. A position of another epoch has nothing before it: the log that it belongs to was
 * lost. Events that may still be joined by others below them are left to those who subscribe.
 */
export async function readHistory(
  { channel, before, last }: HistoryRequest,
  { maxBytes, bytesOf }: PageRoom,
  reader: Pick<LogReader, 'baseline' | 'readBack'>,
): Promise<HistoryPage> {
  const { epoch, seq } = await reader.baseline(channel);
  const newest = before === undefined ? seq : before.epoch === epoch ? Math.min(seq, before.seq - 1) : 0;
  const newestFirst: ChannelEvent[] = [];
  let bytes = 0;
  // One more than wanted shows whether there are more.
  for await (const entry of entriesBack(channel, { epoch, seq: newest }, last + 1, reader)) {
    if (entry.kind === 'tombstone') continue;
    bytes += bytesOf(entry.event);
    if (newestFirst.length === last || (newestFirst.length > 0 && bytes > maxBytes)) return { events: newestFirst.reverse(), more: true };
    newestFirst.push(entry.event);
  }
  return { events: newestFirst.reverse(), more: false };
}

/** How much data a search for a position passes. About a page of the log more may be read, whatever a client asks for. */
const MAX_CHARS = 1024 * 1024;

/**
 * Where a subscriber starts that wants the last events up to a position, from which it is live. Events that will soon
 * expire are left out: the position must still be resumable when the subscriber resumes there. If the events are large, it gets
 * only as many as have {@link MAX_CHARS} of data.
 */
export async function positionBeforeLast(
  channel: string,
  upTo: ChannelPosition,
  last: number,
  reader: Pick<LogReader, 'readBack' | 'isFarFromExpiry'>,
): Promise<ChannelPosition> {
  let { seq } = upTo;
  let found = 0;
  let chars = 0;
  for await (const entry of entriesBack(channel, upTo, last, reader)) {
    if (!reader.isFarFromExpiry(entry)) break;
    if (entry.kind === 'tombstone') continue;
    chars += entry.event.data.length;
    if (found > 0 && chars > MAX_CHARS) break;
    seq = entry.seq - 1;
    if (++found === last) break;
  }
  return { epoch: upTo.epoch, seq };
}

/** What the log holds at a position and below, newest first. */
async function* entriesBack(
  channel: string,
  { epoch, seq }: ChannelPosition,
  perRead: number,
  reader: Pick<LogReader, 'readBack'>,
): AsyncGenerator<LogEntry> {
  for (let from = seq, more = true; more; ) {
    const page = await reader.readBack(channel, { epoch, seq: from }, perRead);
    yield* page.entries;
    from = (page.entries.at(-1)?.seq ?? 1) - 1;
    ({ more } = page);
  }
}
