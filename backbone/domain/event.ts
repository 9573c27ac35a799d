import { parseChannel } from '../../packages/protocol/channel.ts';
import { formatPosition } from '../../packages/protocol/cursor.ts';
import type { ServerFrame, WireEvent } from '../../packages/protocol/index.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';

/** An event of the log. `seq` counts 1, 2, 3 … without gaps within a channel's `epoch`. */
export interface ChannelEvent {
  readonly channel: string;
  readonly epoch: string;
  readonly seq: number;
  readonly type: string;
  /** UTF-8 text with LF line ends, at most {@link MAX_DATA_BYTES}. */
  readonly data: string;
  /** Milliseconds since 1970, the publisher's clock. */
  readonly publishedAtMs: number;
}

/** What a caller asks to publish, validated and normalised. */
export interface NewEvent {
  readonly channel: string;
  readonly type: string;
  readonly data: string;
  /** Idempotency key: one that its publisher has used on the channel before returns the first event's position. */
  readonly key?: string;
}

/** 96 KiB: leaves room in SNS's 256 KiB and in API Gateway's 128 KB for the envelope and JSON escapes. */
export const MAX_DATA_BYTES = 96 * 1024;

/** API Gateway closes with 1009 above 128 KB, so no event may need a larger frame. */
export const MAX_FRAME_BYTES = 128 * 1024;

const TYPE = /^[A-Za-z0-9_.:-]{1,128}$/;
const KEY = /^[\x21-\x7e]{1,128}$/;

/** Types that the lanes or EventSource itself dispatch: an application event of that name could not be told apart. */
const RESERVED_TYPES: ReadonlySet<string> = new Set(['reset', 'expired', 'open', 'error']);

/**
 * Validates what a caller wants to publish, whichever entrance it came by, and turns CRLF and CR into LF
 * (an event stream cannot carry a bare CR, and every lane delivers the same text).
 * @throws InvalidInputError `invalid_channel`, `invalid_type`, `invalid_data`, `data_too_large` or `invalid_key`
 */
export function parseNewEvent(input: { channel: unknown; type?: unknown; data?: unknown; key?: unknown }): NewEvent {
  const channel = parseChannel(input.channel);
  const type = parseType(input.type);
  const data = parseData(input.data);
  const key = parseKey(input.key);
  const publication: NewEvent = key === undefined ? { channel, type, data } : { channel, type, data, key };
  // The longest epoch and seq stand in for those that the log will assign.
  const frameBytes = Buffer.byteLength(
    encodeEventFrame({ channel, type, data, epoch: 'x'.repeat(32), seq: Number.MAX_SAFE_INTEGER, publishedAtMs: 0 }),
  );
  if (frameBytes >= MAX_FRAME_BYTES) {
    throw new InvalidInputError(
      'data_too_large',
      `data needs a frame of ${frameBytes} bytes once escaped, the limit is ${MAX_FRAME_BYTES}`,
    );
  }
  return publication;
}

/** @throws InvalidInputError `invalid_type` */
export function parseType(value: unknown): string {
  if (value === undefined) return 'message';
  if (typeof value !== 'string' || !TYPE.test(value)) {
    throw new InvalidInputError('invalid_type', `type ${quote(value)} does not match ${TYPE.source}`);
  }
  if (RESERVED_TYPES.has(value)) throw new InvalidInputError('invalid_type', `type ${quote(value)} is reserved for the lanes' own events`);
  return value;
}

function parseData(value: unknown): string {
  if (typeof value !== 'string') throw new InvalidInputError('invalid_data', `data must be text, not ${quote(value)}`);
  if (!value.isWellFormed()) throw new InvalidInputError('invalid_data', 'data holds a lone surrogate, which UTF-8 cannot carry');
  const data = value.replace(/\r\n?/g, '\n');
  const bytes = Buffer.byteLength(data);
  if (bytes > MAX_DATA_BYTES) throw new InvalidInputError('data_too_large', `data has ${bytes} bytes, the limit is ${MAX_DATA_BYTES}`);
  return data;
}

function parseKey(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && KEY.test(value)) return value;
  throw new InvalidInputError('invalid_key', `idempotency key ${quote(value)} must be 1 to 128 visible ASCII characters`);
}

export function toWireEvent(event: ChannelEvent): WireEvent {
  return {
    channel: event.channel,
    id: formatPosition(event),
    type: event.type,
    data: event.data,
    publishedAt: new Date(event.publishedAtMs).toISOString(),
  };
}

/** The `event` frame: see `ServerFrame`. */
export function encodeEventFrame(event: ChannelEvent): string {
  return JSON.stringify({ kind: 'event', ...toWireEvent(event) } satisfies ServerFrame);
}
