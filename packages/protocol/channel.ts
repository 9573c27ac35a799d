import { InvalidInputError, quote } from './invalid-input.ts';

const CHANNEL = /^[A-Za-z0-9_.:-]{1,128}$/;

/** Streams, polls and cursors hold at most this many channels, so that a composite cursor stays below the header limits on the way. */
export const MAX_CHANNELS = 32;

/** No URL can carry them as a segment of its path: clients and proxies take them for steps, `%2e` too. */
const DOTS: ReadonlySet<unknown> = new Set(['.', '..']);

/** @throws InvalidInputError `invalid_channel` */
export function parseChannel(value: unknown): string {
  if (DOTS.has(value)) {
    throw new InvalidInputError('invalid_channel', `channel ${quote(value)} cannot be used: no URL path can carry it. Use another name`);
  }
  if (typeof value === 'string' && CHANNEL.test(value)) return value;
  throw new InvalidInputError('invalid_channel', `channel ${quote(value)} does not match ${CHANNEL.source}`);
}

/**
 * The channels of one stream or poll: at least one, without repeats, in the order given.
 * @throws InvalidInputError `invalid_channel` or `too_many_channels`
 */
export function parseChannels(values: readonly string[]): readonly string[] {
  if (values.length === 0) throw new InvalidInputError('invalid_channel', 'no channel given: add ?channel=<name>');
  const channels = [...new Set(values.map(parseChannel))];
  if (channels.length > MAX_CHANNELS) {
    throw new InvalidInputError('too_many_channels', `${channels.length} channels asked for, at most ${MAX_CHANNELS} fit one stream`);
  }
  return channels;
}
