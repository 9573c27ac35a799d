import { createHash } from 'node:crypto';
import type { LatestEvent } from '../domain/latest-event.ts';
import { expirySeconds } from './expiry.ts';

/** The newest event of a key; `dynamo-latest-store.ts` describes the layout. `expiresAt` is in seconds, other times in milliseconds. */
export interface LatestItem {
  readonly pk: string;
  readonly sk: number;
  readonly key: string;
  readonly createdAt: number;
  readonly count: number;
  /** Both are missing if the key was removed. */
  readonly type?: string;
  readonly data?: string;
  readonly publishedAt: number;
  readonly expiresAt: number;
  /** Names the call that created the key, which its repetition after a lost response recognizes. */
  readonly createdBy: string;
}

/** How many keys of a channel have taken a place. Never expires. */
export interface PlacesItem {
  readonly places: number;
  /** When the last place was taken, or all were found to be taken. */
  readonly takenAt: number;
}

export type ItemKey = Readonly<{ pk: string; sk: number }>;

export function latestPartition(channel: string): string {
  return `latest#${channel}`;
}

/**
 * The sort key is a number, so it is the first 52 bits of the key's hash. Two of 1,000 keys share it in one of nine
 * billion channels.
 */
export function latestKey(channel: string, key: string): ItemKey {
  return { pk: latestPartition(channel), sk: Number.parseInt(createHash('sha256').update(key).digest('hex').slice(0, 13), 16) };
}

export function placesKey(channel: string): ItemKey {
  return { pk: `latestKeys#${channel}`, sk: 0 };
}

export function toLatestItem(
  { channel, key, version, type, data, publishedAtMs, expiresAtMs }: LatestEvent,
  createdBy: string,
): LatestItem {
  return {
    ...latestKey(channel, key),
    key,
    ...version,
    ...(data !== undefined && { type, data }),
    publishedAt: publishedAtMs,
    expiresAt: expirySeconds(expiresAtMs),
    createdBy,
  };
}

export function toLatestEvent(channel: string, { key, createdAt, count, type, data, publishedAt, expiresAt }: LatestItem): LatestEvent {
  const event = { channel, key, version: { createdAt, count }, publishedAtMs: publishedAt, expiresAtMs: expiresAt * 1_000 };
  return type === undefined || data === undefined ? { ...event, removed: true } : { ...event, type, data };
}
