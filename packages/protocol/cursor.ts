import { parseChannel } from './channel.ts';
import { InvalidInputError, quote } from './invalid-input.ts';

/**
 * A position in one channel: everything up to and including `seq` of `epoch` comes before it. `seq` 0 is the
 * start.
 */
export interface ChannelPosition {
  readonly epoch: string;
  readonly seq: number;
}

/**
 * The position before the first event of a channel that was never used: `0.0`. Such a channel has no epoch,
 * and reading creates none. Whichever epoch begins first, this position lies right before its seq 1 ([ADR
 * 28](../../docs/decisions/0028-reading-never-writes.md)).
 */
export const ORIGIN: ChannelPosition = { epoch: '0', seq: 0 };

export function isOrigin({ epoch }: ChannelPosition): boolean {
  return epoch === ORIGIN.epoch;
}

/** The position as one of the channel's current epoch: {@link ORIGIN} lies right before seq 1 of any epoch. */
export function withinEpoch(position: ChannelPosition, epoch: string): ChannelPosition {
  return isOrigin(position) ? { epoch, seq: 0 } : position;
}

/** One position per channel. A missing channel has no position yet and starts at its baseline. */
export type Cursor = ReadonlyMap<string, ChannelPosition>;

export const POSITION = /^([a-z0-9]{1,32})\.(0|[1-9][0-9]{0,15})$/;

/** `k3f9.1042` */
export function formatPosition(position: ChannelPosition): string {
  return `${position.epoch}.${position.seq}`;
}

/** The position that a text stands for, or undefined if it is not one. */
export function readPosition(text: string): ChannelPosition | undefined {
  const [, epoch, digits] = POSITION.exec(text) ?? [];
  const seq = Number(digits);
  if (epoch === undefined || !Number.isSafeInteger(seq) || (epoch === ORIGIN.epoch && seq > 0)) return undefined;
  return { epoch, seq };
}

/** @throws InvalidInputError `invalid_cursor` */
export function parsePosition(text: string): ChannelPosition {
  const position = readPosition(text);
  if (position !== undefined) return position;
  throw new InvalidInputError(
    'invalid_cursor',
    `cursor ${quote(text)} is not of the form <epoch>.<seq>, with lower-case letters and digits; epoch 0 has only 0.0`,
  );
}

/**
 * The id on the wire for a stream over `channels`: `k3f9.1042` for one channel,
 * `orders=k3f9.1042,chat=ab12.77` for several, in the order of `channels`.
 */
export function formatCursor(channels: readonly string[], cursor: Cursor): string {
  const [only] = channels;
  if (channels.length === 1 && only !== undefined) {
    const position = cursor.get(only);
    if (position === undefined) throw new TypeError(`no position for channel ${only}`);
    return formatPosition(position);
  }
  return channels
    .flatMap((channel) => {
      const position = cursor.get(channel);
      return position === undefined ? [] : [`${channel}=${formatPosition(position)}`];
    })
    .join(',');
}

/**
 * Reads a cursor for a stream over `channels`. A composite cursor may leave channels out and may name others,
 * because a client may change its channels between two connects. The form without names is only for streams
 * of one channel.
 * @throws InvalidInputError `invalid_cursor`
 */
export function parseCursor(text: string, channels: readonly string[]): Cursor {
  const [only] = channels;
  if (!text.includes('=')) {
    if (channels.length !== 1 || only === undefined) {
      throw new InvalidInputError('invalid_cursor', `cursor ${quote(text)} names no channel, but the stream has ${channels.length}`);
    }
    return new Map([[only, parsePosition(text)]]);
  }
  const cursor = new Map<string, ChannelPosition>();
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const channel = at < 0 ? part : part.slice(0, at);
    if (at < 0 || cursor.has(channel)) {
      throw new InvalidInputError(
        'invalid_cursor',
        `cursor ${quote(text)} is not of the form <channel>=<epoch>.<seq>,… with each channel once`,
      );
    }
    cursor.set(parseCursorChannel(channel, text), parsePosition(part.slice(at + 1)));
  }
  const wanted = new Set(channels);
  return new Map([...cursor].filter(([channel]) => wanted.has(channel)));
}

function parseCursorChannel(channel: string, text: string): string {
  try {
    return parseChannel(channel);
  } catch (cause) {
    throw new InvalidInputError('invalid_cursor', `cursor ${quote(text)} names the impossible channel ${quote(channel)}`, { cause });
  }
}
