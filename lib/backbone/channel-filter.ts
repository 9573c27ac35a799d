import { SubscriptionFilter } from 'aws-cdk-lib/aws-sns';
import { CHANNEL_ATTRIBUTE } from '../../backbone/contract.ts';
import { isChannelPattern, prefixOf } from '../../packages/protocol/channel-pattern.ts';
import { quote } from '../../packages/protocol/invalid-input.ts';

/** SNS's limit for the conditions of a filter policy. */
const MAX_PATTERNS = 150;

/** A consumer has channels that are not patterns, or options out of their range. */
export class InvalidConsumerError extends Error {
  override readonly name = 'InvalidConsumerError';
}

/**
 * The SNS filter policy that lets notifications of some channels pass.
 *
 * @param channels patterns as in the rights of a token: a channel, or the beginning of one followed by `*`
 * @returns undefined if every notification may pass
 * @throws InvalidConsumerError naming what is wrong
 */
export function channelFilter(channels: string | readonly string[]): Readonly<Record<string, SubscriptionFilter>> | undefined {
  const patterns = [channels].flat();
  const invalid = patterns.find((pattern) => !isChannelPattern(pattern));
  if (invalid !== undefined) {
    throw new InvalidConsumerError(
      `channels of a consumer contain ${quote(invalid)}: use channels, 1 to 128 of A-Z a-z 0-9 _ . : -, or beginnings of channels followed by *`,
    );
  }
  if (patterns.length === 0 || patterns.length > MAX_PATTERNS) {
    throw new InvalidConsumerError(`a consumer has ${patterns.length} patterns of channels: use 1 to ${MAX_PATTERNS}`);
  }
  if (patterns.includes('*')) return undefined;
  const prefixes = patterns.map(prefixOf);
  return {
    [CHANNEL_ATTRIBUTE]: SubscriptionFilter.stringFilter({
      allowlist: patterns.filter((_, at) => prefixes[at] === undefined),
      matchPrefixes: prefixes.filter((prefix) => prefix !== undefined),
    }),
  };
}
