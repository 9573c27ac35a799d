import { parseChannel } from '../../packages/protocol/channel.ts';
import { parsePosition } from '../../packages/protocol/cursor.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';
import { type ChannelEvent, parseType } from './event.ts';

/** The body of a notification on the topic and, with raw delivery, in every queue. */
export function encodeNotification(event: ChannelEvent): string {
  return JSON.stringify({
    channel: event.channel,
    epoch: event.epoch,
    seq: event.seq,
    type: event.type,
    data: event.data,
    publishedAt: event.publishedAtMs,
  });
}

/** @throws InvalidInputError `invalid_body`: a queue holds whatever somebody was able to send to it */
export function parseNotification(body: string): ChannelEvent {
  return readNotification(parseJsonObject(body));
}

/** @throws InvalidInputError `invalid_body` when the parsed JSON is no notification */
export function readNotification(value: unknown): ChannelEvent {
  const { channel, epoch, seq, type, data, publishedAt } = asJsonObject(value);
  if (typeof epoch !== 'string' || typeof seq !== 'number') {
    throw new InvalidInputError('invalid_body', `notification ${quote(value)} lacks epoch or seq`);
  }
  if (typeof type !== 'string' || typeof data !== 'string' || typeof publishedAt !== 'number' || !Number.isSafeInteger(publishedAt)) {
    throw new InvalidInputError('invalid_body', `notification ${quote(value)} lacks type, data or publishedAt`);
  }
  const position = parsePosition(`${epoch}.${seq}`);
  if (position.seq < 1) throw new InvalidInputError('invalid_body', `notification has seq ${position.seq}, but seqs start at 1`);
  // A type with a line break in it would write fields of its own into every stream.
  return { channel: parseChannel(channel), ...position, type: parseType(type), data, publishedAtMs: publishedAt };
}

/** @throws InvalidInputError `invalid_body` when the text is not JSON, or is JSON but not an object */
export function parseJsonObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InvalidInputError('invalid_body', `${quote(text)} is not JSON: ${(cause as SyntaxError).message}`, { cause });
  }
  return asJsonObject(value);
}

function asJsonObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInputError('invalid_body', `${quote(value)} is not a JSON object`);
  }
  return value as Record<string, unknown>;
}
