import { parseChannel } from '../../packages/protocol/channel.ts';
import type { EphemeralWireEvent, ServerFrame } from '../../packages/protocol/index.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';
import { type ChannelEvent, parseType } from './event.ts';

/** An event of an ephemeral channel: no log has it, so it has no position. */
export interface EphemeralEvent {
  readonly channel: string;
  readonly type: string;
  /** As in `ChannelEvent`. */
  readonly data: string;
  /** Milliseconds since 1970, by the publisher's clock. */
  readonly publishedAtMs: number;
  /** Names the publishing process: a random word. */
  readonly source: string;
  /** Counts what the source has published: 1, 2, 3 … */
  readonly count: number;
}

/** Whatever event a notification may announce. */
export type NotifiedEvent = ChannelEvent | EphemeralEvent;

/**
 * How old an event may be when it reaches a lane: whoever looks at a cursor or at a game is better off without
 * it then. A queue that has fallen behind is emptied instead of replayed.
 */
export const EPHEMERAL_LIFETIME_MS = 10_000;

const KIND = 'ephemeral';

export function isEphemeral(event: NotifiedEvent): event is EphemeralEvent {
  return !('seq' in event);
}

/** Whether the event comes too late for anybody to see it. */
export function isTooLate({ publishedAtMs }: EphemeralEvent, nowMs: number): boolean {
  return nowMs - publishedAtMs > EPHEMERAL_LIFETIME_MS;
}

/** The body of its notification on the topic and, with raw delivery, in every queue. */
export function encodeEphemeralNotification({ publishedAtMs, ...event }: EphemeralEvent): string {
  return JSON.stringify({ kind: KIND, ...event, publishedAt: publishedAtMs });
}

/** Whether the JSON of a notification is about such an event. */
export function isEphemeralNotification({ kind }: Readonly<Record<string, unknown>>): boolean {
  return kind === KIND;
}

/** @throws InvalidInputError `invalid_body`: anyone with permission can send any text to a queue */
export function readEphemeralNotification(fields: Readonly<Record<string, unknown>>): EphemeralEvent {
  const { channel, type, data, publishedAt, source, count } = fields;
  if (typeof data !== 'string' || !Number.isSafeInteger(publishedAt)) {
    throw new InvalidInputError('invalid_body', `notification ${quote(fields)} lacks data or publishedAt`);
  }
  if (typeof source !== 'string' || !Number.isSafeInteger(count)) {
    throw new InvalidInputError('invalid_body', `notification ${quote(fields)} lacks source or count`);
  }
  return {
    channel: parseChannel(channel),
    type: parseType(type),
    data,
    publishedAtMs: publishedAt as number,
    source,
    count: count as number,
  };
}

export function toEphemeralWireEvent({ channel, type, data, publishedAtMs }: EphemeralEvent): EphemeralWireEvent {
  return { channel, type, data, publishedAt: new Date(publishedAtMs).toISOString() };
}

/** The `ephemeral` frame: see `ServerFrame`. */
export function encodeEphemeralFrame(event: EphemeralEvent): string {
  return JSON.stringify({ kind: KIND, ...toEphemeralWireEvent(event) } satisfies ServerFrame);
}
