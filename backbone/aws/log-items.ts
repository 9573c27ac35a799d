import { parsePosition } from '../../packages/protocol/cursor.ts';
import { type ChannelEvent, contentOf, type EventContent } from '../domain/event.ts';
import { eventEntry, type LogEntry } from '../domain/log-entry.ts';
import type { Claim, Head } from '../ports.ts';

/*
 * The items of the log's table and how to read them; `dynamo-event-log.ts` describes the layout. Times are in
 * milliseconds since 1970, except `expiresAt`, which is in seconds.
 */

interface Item {
  readonly pk: string;
  readonly sk: number;
}

export interface HeadItem extends Item {
  readonly epoch: string;
  readonly seq: number;
  readonly createdAt: number;
  readonly allocatedAt: number;
}

export interface EventItem extends Item, EventContent {
  readonly publishedAt: number;
  readonly publicationId: string;
  readonly expiresAt: number;
}

export interface TombstoneItem extends Item {
  readonly tombstone: true;
  readonly at: number;
  readonly expiresAt: number;
}

/** The item at a seq. */
export type LogItem = EventItem | TombstoneItem;

export interface ClaimItem extends Item {
  readonly contentHash: string;
  readonly epoch: string;
  readonly seq: number;
  readonly allocatedAt: number;
  readonly notified: boolean;
  /** Of a batch that has moved: `epoch.seq` of each event. */
  readonly positions?: readonly string[];
  /** Of a batch that has moved. */
  readonly firstAllocatedAt?: number;
  readonly expiresAt: number;
}

export function toHead({ epoch, seq, createdAt, allocatedAt }: HeadItem): Head {
  return { epoch, seq, createdAtMs: createdAt, allocatedAtMs: allocatedAt };
}

export function toEvent(channel: string, epoch: string, item: EventItem): ChannelEvent {
  return { channel, epoch, seq: item.sk, ...contentOf(item), publishedAtMs: item.publishedAt };
}

export function toLogEntry(channel: string, epoch: string, item: LogItem): LogEntry {
  return 'tombstone' in item ? { kind: 'tombstone', seq: item.sk, atMs: item.at } : eventEntry(toEvent(channel, epoch, item));
}

export function toClaim({ contentHash, epoch, seq, allocatedAt, notified, positions, firstAllocatedAt }: ClaimItem): Claim {
  const claim = { contentHash, epoch, seq, allocatedAtMs: allocatedAt, notified };
  if (positions === undefined || firstAllocatedAt === undefined) return claim;
  return { ...claim, moved: { positions: positions.map(parsePosition), firstAllocatedAtMs: firstAllocatedAt } };
}
