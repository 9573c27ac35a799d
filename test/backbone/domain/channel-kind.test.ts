import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { kindsBy } from '../../../backbone/domain/channel-kind.ts';
import { coversPattern, matchesChannel } from '../../../packages/protocol/channel-pattern.ts';
import { channelName } from '../../support/arbitraries.ts';

const pattern = fc.oneof(
  channelName,
  channelName.map((name) => `${name.slice(0, 127)}*`),
  fc.constantFrom('*', 'a*', 'ab*', 'a'),
);

test('the first rule that matches decides, and a channel that none matches is durable', () => {
  const kindOf = kindsBy([
    { match: 'game.log', kind: 'durable' },
    { match: 'game.*', kind: 'ephemeral' },
    { match: 'typing', kind: 'ephemeral' },
  ]);
  expect(['game.log', 'game.1', 'game.', 'game', 'typing', 'typing.1'].map(kindOf)).toEqual([
    'durable',
    'ephemeral',
    'ephemeral',
    'durable',
    'ephemeral',
    'durable',
  ]);
});

test('a pattern that covers another matches whatever the other matches', () => {
  fc.assert(
    fc.property(pattern, pattern, channelName, (wider, narrower, channel) => {
      fc.pre(coversPattern(wider, narrower));
      expect(!matchesChannel(narrower, channel) || matchesChannel(wider, channel)).toBe(true);
    }),
  );
});

test('a pattern that does not cover another leaves something for it', () => {
  fc.assert(
    fc.property(pattern, pattern, (wider, narrower) => {
      fc.pre(!coversPattern(wider, narrower));
      const prefix = narrower.replace(/\*$/, '');
      const named = narrower.endsWith('*') ? [prefix, `${prefix}a`, `${prefix}b`] : [narrower];
      expect(named.some((channel) => matchesChannel(narrower, channel) && !matchesChannel(wider, channel))).toBe(true);
    }),
  );
});
