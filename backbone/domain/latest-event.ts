import { parseChannel } from '../../packages/protocol/channel.ts';
import type { LatestEntry, LatestResponse } from '../../packages/protocol/index.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';
import { formatVersion, parseVersion, type Version } from '../../packages/protocol/version.ts';
import { parseConflationKey, parseType } from './event.ts';

/** The newest event of a key of a `latest` channel, or the removal of the key, as the table has it. */
export type LatestEvent = LatestFields & ({ readonly type: string; readonly data: string; readonly removed?: never } | RemovedKey);

interface LatestFields {
  readonly channel: string;
  readonly key: string;
  readonly version: Version;
  /** Milliseconds since 1970, by the publisher's clock. */
  readonly publishedAtMs: number;
  /** When the key ends, unless something newer is published: milliseconds since 1970. */
  readonly expiresAtMs: number;
}

interface RemovedKey {
  readonly removed: true;
  readonly type?: never;
  readonly data?: never;
}

/** What a caller wants to publish on a `latest` channel, validated and normalized. */
export interface NewLatestEvent {
  readonly channel: string;
  readonly key: string;
  readonly value: NewValue | 'removed';
}

export interface NewValue {
  readonly type: string;
  readonly data: string;
}

/**
 * How long the version of a removed key is kept, so that nobody takes an older event that comes late for a new one.
 * Afterwards the key no longer counts towards the channel's limit.
 */
export const REMOVAL_LIFETIME_MS = 600_000;

const KIND = 'latest';

export function isLatest(event: object): event is LatestEvent {
  return 'version' in event;
}

/**
 * Whether a notification is so old that the removal of its key may already be forgotten. Whoever still needs it finds
 * it in the table.
 */
export function isOutdated({ publishedAtMs }: LatestEvent, nowMs: number): boolean {
  return nowMs - publishedAtMs >= REMOVAL_LIFETIME_MS;
}

export function isExpiredAt({ expiresAtMs }: LatestEvent, nowMs: number): boolean {
  return expiresAtMs <= nowMs;
}

/** The event of this version, as it is stored. Its end is a full second: the resolution of DynamoDB's TTL. */
export function nextLatest({ channel, key, value }: NewLatestEvent, version: Version, nowMs: number, retentionMs: number): LatestEvent {
  const isRemoval = value === 'removed';
  const lifetimeMs = isRemoval ? Math.min(retentionMs, REMOVAL_LIFETIME_MS) : retentionMs;
  const event = { channel, key, version, publishedAtMs: nowMs, expiresAtMs: Math.ceil((nowMs + lifetimeMs) / 1_000) * 1_000 };
  return isRemoval ? { ...event, removed: true } : { ...event, ...value };
}

/**
 * The body of a notification on the topic and, with raw delivery, in every queue.
 * @param events at least one, all of one channel
 */
export function encodeLatestNotification(events: readonly LatestEvent[]): string {
  const [first] = events;
  if (first === undefined) throw new TypeError('a notification has at least one event');
  return JSON.stringify({ kind: KIND, channel: first.channel, entries: events.map(toNotified) });
}

function toNotified({ channel, version, publishedAtMs, expiresAtMs, ...event }: LatestEvent) {
  return { ...event, version: formatVersion(version), publishedAt: publishedAtMs, expiresAt: expiresAtMs };
}

/** Whether the JSON of a notification is about such events. */
export function isLatestNotification({ kind }: Readonly<Record<string, unknown>>): boolean {
  return kind === KIND;
}

/**
 * The events of a notification, at least one, all of one channel.
 * @throws InvalidInputError `invalid_body`: anyone with permission can send any text to a queue
 */
export function readLatestNotification({ channel, entries }: Readonly<Record<string, unknown>>): readonly LatestEvent[] {
  if (!Array.isArray(entries) || entries.length === 0) {
    throw new InvalidInputError('invalid_body', `notification has entries ${quote(entries)}, but it must be a list of entries`);
  }
  return entries.map((entry) => readEntry(parseChannel(channel), entry));
}

function readEntry(channel: string, value: unknown): LatestEvent {
  const fields = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  const { publishedAt, expiresAt, removed, data } = fields;
  if (!Number.isSafeInteger(publishedAt) || !Number.isSafeInteger(expiresAt)) {
    throw new InvalidInputError('invalid_body', `notification ${quote(value)} lacks publishedAt or expiresAt`);
  }
  const event = {
    channel,
    key: parseConflationKey(fields['key']),
    version: parseVersion(fields['version']),
    publishedAtMs: publishedAt as number,
    expiresAtMs: expiresAt as number,
  };
  if (removed === true) return { ...event, removed };
  if (typeof data !== 'string') throw new InvalidInputError('invalid_body', `notification ${quote(value)} lacks data`);
  return { ...event, type: parseType(fields['type']), data };
}

/** The event as clients see it. */
export function toLatestEntry({ key, version, type, data, removed, publishedAtMs }: LatestEvent): LatestEntry {
  const fields = { key, version: formatVersion(version) };
  const publishedAt = new Date(publishedAtMs).toISOString();
  return removed === true ? { ...fields, removed, publishedAt } : { ...fields, type, data, publishedAt };
}

/** What a key that has expired looks like to clients: the end of its version. */
export function toExpired({ channel, key, version, publishedAtMs, expiresAtMs }: LatestEvent): LatestEvent {
  return { channel, key, version, publishedAtMs, expiresAtMs, removed: true };
}

/** The answer to a publication. */
export function toLatestResponse(event: LatestEvent): LatestResponse {
  const { version, publishedAt } = toLatestEntry(event);
  return { channel: event.channel, conflationKey: event.key, version, publishedAt };
}
