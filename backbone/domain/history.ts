import { type ChannelPosition, parseCursor } from '../../packages/protocol/cursor.ts';
import { MAX_LAST } from '../../packages/protocol/history.ts';
import { InvalidInputError, quote } from '../../packages/protocol/invalid-input.ts';

/** How many of the last events a client asks for; undefined if the value is not allowed. */
export function readLast(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_LAST ? (value as number) : undefined;
}

/** What is allowed, for a message. */
export const LAST_RULE = `a whole number from 1 to ${MAX_LAST}`;

/**
 * The event before which a client wants to read.
 * @throws InvalidInputError `invalid_cursor`
 */
export function parseBefore(text: string, channel: string): ChannelPosition {
  const position = parseCursor(text, [channel]).get(channel);
  if (position !== undefined) return position;
  throw new InvalidInputError(
    'invalid_cursor',
    `before ${quote(text)} has no position of channel ${channel}: use the id of one of its events`,
  );
}
