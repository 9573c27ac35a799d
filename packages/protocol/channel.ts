import { InvalidInputError, quote } from './invalid-input.ts';
import { isName, isUrlStep, NAME_RULE } from './names.ts';

/**
 * The most channels of a stream, poll or cursor, so that a composite cursor stays below the header limits of
 * servers and proxies.
 */
export const MAX_CHANNELS = 32;

/** @throws InvalidInputError `invalid_channel` */
export function parseChannel(value: unknown): string {
  if (isUrlStep(value)) {
    throw new InvalidInputError('invalid_channel', `channel ${quote(value)} is not allowed: no URL path can carry it. Use another name`);
  }
  if (isName(value)) return value;
  throw new InvalidInputError('invalid_channel', `channel ${quote(value)} is not valid: ${NAME_RULE}`);
}

/**
 * The channels of one stream or poll: at least one, without duplicates, in the given order.
 * @throws InvalidInputError `invalid_channel` or `too_many_channels`
 */
export function parseChannels(values: readonly string[]): readonly string[] {
  if (values.length === 0) throw new InvalidInputError('invalid_channel', 'the request names no channel: add ?channel=<name>');
  const channels = [...new Set(values.map(parseChannel))];
  if (channels.length > MAX_CHANNELS) {
    throw new InvalidInputError(
      'too_many_channels',
      `the request names ${channels.length} channels, but at most ${MAX_CHANNELS} are allowed: open another stream for the rest`,
    );
  }
  return channels;
}
