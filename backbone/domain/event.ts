import { parseChannel } from '../../packages/protocol/channel.ts';
import { formatPosition } from '../../packages/protocol/cursor.ts';
import type { Encoding, ServerFrame, WireEvent } from '../../packages/protocol/index.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';
import { isKey, isName, KEY_RULE, NAME_RULE } from '../../packages/protocol/names.ts';
import { MAX_DATA_BYTES, RESERVED_TYPES } from '../../packages/protocol/publication.ts';

/** What a publisher says with an event. */
export interface EventContent {
  readonly type: string;
  /** UTF-8 text with LF line ends, at most {@link MAX_DATA_BYTES}. */
  readonly data: string;
  /** Present if the data are bytes: the text is their base64. */
  readonly encoding?: Encoding;
}

/** An event of the log. Within a channel's `epoch`, `seq` counts 1, 2, 3 … without gaps. */
export interface ChannelEvent extends EventContent {
  readonly channel: string;
  readonly epoch: string;
  readonly seq: number;
  /** Milliseconds since 1970, by the publisher's clock. */
  readonly publishedAtMs: number;
}

/** An event that a caller wants to publish, validated and normalized. */
export interface NewEvent extends EventContent {
  readonly channel: string;
  /**
   * Idempotency key. If its publisher has used it on the channel before, publishing returns the position of
   * the first event.
   */
  readonly key?: string;
}

/** API Gateway closes the connection with 1009 above 128 KB, so no event may need a larger frame. */
export const MAX_FRAME_BYTES = 128 * 1024;

/**
 * Validates what a caller wants to publish, whichever entrance it used. Turns CRLF and CR into LF, because an
 * event stream cannot carry a bare CR and every lane must deliver the same text.
 * @throws InvalidInputError `invalid_channel`, `invalid_type`, `invalid_data`, `data_too_large` or
 * `invalid_key`
 */
export function parseNewEvent(input: { channel: unknown; type?: unknown; data?: unknown; encoding?: unknown; key?: unknown }): NewEvent {
  const channel = parseChannel(input.channel);
  const type = parseType(input.type);
  const data = parseData(input.data);
  const content = contentOf({ type, data, encoding: parseEncoding(input.encoding, data) });
  const key = parseKey(input.key);
  const publication: NewEvent = { channel, ...content, ...(key !== undefined && { key }) };
  // Measured with the longest epoch and seq, because the log has not assigned them yet.
  const frameBytes = Buffer.byteLength(
    encodeEventFrame({ channel, ...content, epoch: 'x'.repeat(32), seq: Number.MAX_SAFE_INTEGER, publishedAtMs: 0 }),
  );
  if (frameBytes >= MAX_FRAME_BYTES) {
    throw new InvalidInputError(
      'data_too_large',
      `data needs a frame of ${frameBytes} bytes after escaping, but the frame must stay below ${MAX_FRAME_BYTES}: send less data`,
    );
  }
  return publication;
}

/** @throws InvalidInputError `invalid_type` */
export function parseType(value: unknown): string {
  if (value === undefined) return 'message';
  if (!isName(value)) {
    throw new InvalidInputError('invalid_type', `type ${quote(value)} is not valid: ${NAME_RULE}`);
  }
  if (RESERVED_TYPES.has(value))
    throw new InvalidInputError('invalid_type', `type ${quote(value)} is reserved for the lanes' own events: use another type`);
  return value;
}

/** @throws InvalidInputError `invalid_data` or `data_too_large` */
export function parseData(value: unknown, maxBytes = MAX_DATA_BYTES): string {
  if (typeof value !== 'string') throw new InvalidInputError('invalid_data', `data must be text, not ${quote(value)}`);
  if (!value.isWellFormed())
    throw new InvalidInputError('invalid_data', 'data contains a lone surrogate, which UTF-8 cannot encode: send well-formed text');
  const data = value.replace(/\r\n?/g, '\n');
  const bytes = Buffer.byteLength(data);
  if (bytes > maxBytes) throw new InvalidInputError('data_too_large', `data has ${bytes} bytes, but at most ${maxBytes} are allowed`);
  return data;
}

/**
 * One text stands for some bytes, so that equal events have equal texts.
 * @throws InvalidInputError `invalid_data` for an encoding other than `base64`, or for data that is not of this encoding
 */
export function parseEncoding(value: unknown, data: string): Encoding | undefined {
  if (value === undefined) return undefined;
  if (value !== 'base64') {
    throw new InvalidInputError('invalid_data', `encoding ${quote(value)} is not known: use base64 for bytes, or leave it out for text`);
  }
  if (Buffer.from(data, 'base64').toString('base64') !== data) {
    throw new InvalidInputError(
      'invalid_data',
      `data ${quote(data)} is not base64 as an encoder writes it: A-Z a-z 0-9 + / with padding, without line breaks, and with no bits left over at the end`,
    );
  }
  return value;
}

/** The content alone, of whatever has it among other fields. */
export function contentOf(event: Pick<EventContent, 'type' | 'data'> & { readonly encoding?: Encoding | undefined }): EventContent {
  const { type, data, encoding } = event;
  return encoding === undefined ? { type, data } : { type, data, encoding };
}

/** @throws InvalidInputError `invalid_key` */
export function parseKey(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (isKey(value)) return value;
  throw new InvalidInputError('invalid_key', `idempotency key ${quote(value)} is not valid: ${KEY_RULE}`);
}

/** @throws InvalidInputError `invalid_body` */
export function parseConflationKey(value: unknown): string {
  if (isName(value)) return value;
  throw new InvalidInputError(
    'invalid_body',
    value === undefined
      ? `conflationKey is missing: the channel keeps the newest event of each key, so an event needs one: ${NAME_RULE}`
      : `conflationKey ${quote(value)} is not valid: ${NAME_RULE}`,
  );
}

export function toWireEvent(event: ChannelEvent): WireEvent {
  return {
    channel: event.channel,
    id: formatPosition(event),
    ...contentOf(event),
    publishedAt: new Date(event.publishedAtMs).toISOString(),
  };
}

/** The `event` frame: see `ServerFrame`. */
export function encodeEventFrame(event: ChannelEvent): string {
  return JSON.stringify({ kind: 'event', ...toWireEvent(event) } satisfies ServerFrame);
}
