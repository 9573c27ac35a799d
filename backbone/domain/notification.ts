import { parseChannel } from '../../packages/protocol/channel.ts';
import { parsePosition } from '../../packages/protocol/cursor.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';
import { type ChannelEvent, contentOf, parseEncoding, parseType } from './event.ts';

/**
 * The body of a notification on the topic and, with raw delivery, in every queue. One event is an object with its fields;
 * several events of one channel are a list beside the channel.
 * @param events at least one, all of one channel
 */
export function encodeNotification(events: readonly ChannelEvent[]): string {
  const [first, ...others] = events;
  if (first === undefined) throw new TypeError('a notification has at least one event');
  const { channel } = first;
  return JSON.stringify(others.length === 0 ? { channel, ...toFields(first) } : { channel, events: events.map(toFields) });
}

function toFields({ epoch, seq, publishedAtMs, ...content }: ChannelEvent) {
  return { epoch, seq, ...contentOf(content), publishedAt: publishedAtMs };
}

/**
 * The events of a notification, at least one, all of one channel.
 * @throws InvalidInputError `invalid_body`: anyone with permission can send any text to a queue
 */
export function parseNotification(body: string): readonly ChannelEvent[] {
  return readNotification(parseJsonObject(body));
}

/** @throws InvalidInputError `invalid_body` if the parsed JSON is not a notification */
export function readNotification(value: unknown): readonly ChannelEvent[] {
  const fields = asJsonObject(value);
  const { channel, events } = fields;
  if (events === undefined) return [readEvent(channel, fields)];
  if (!Array.isArray(events) || events.length === 0) {
    throw new InvalidInputError('invalid_body', `notification has events ${quote(events)}, but it must be a list of events`);
  }
  return events.map((event) => readEvent(channel, event));
}

function readEvent(channel: unknown, value: unknown): ChannelEvent {
  const { epoch, seq, type, data, encoding, publishedAt } = asJsonObject(value);
  if (typeof epoch !== 'string' || typeof seq !== 'number') {
    throw new InvalidInputError('invalid_body', `notification ${quote(value)} lacks epoch or seq`);
  }
  if (typeof type !== 'string' || typeof data !== 'string' || typeof publishedAt !== 'number' || !Number.isSafeInteger(publishedAt)) {
    throw new InvalidInputError('invalid_body', `notification ${quote(value)} lacks type, data or publishedAt`);
  }
  const position = parsePosition(`${epoch}.${seq}`);
  if (position.seq < 1) throw new InvalidInputError('invalid_body', `notification has seq ${position.seq}, but seqs start at 1`);
  // A type with a line break would inject its own fields into every stream.
  const content = contentOf({ type: parseType(type), data, encoding: parseEncoding(encoding, data) });
  return { channel: parseChannel(channel), ...position, ...content, publishedAtMs: publishedAt };
}

/** @throws InvalidInputError `invalid_body` if the text is not JSON, or is JSON but not an object */
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
