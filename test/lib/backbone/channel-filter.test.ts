import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { channelFilter } from '../../../lib/backbone/channel-filter.ts';
import { compileFilter } from '../../../packages/assembly-local/topics/filter-policy.ts';
import { matchesChannel } from '../../../packages/protocol/channel-pattern.ts';

/** The filter policy as the template has it. */
function policyOf(channels: string | readonly string[]): Record<string, unknown> | undefined {
  const filter = channelFilter(channels);
  return filter && Object.fromEntries(Object.entries(filter).map(([name, { conditions }]) => [name, conditions]));
}

describe('the filter of a consumer', () => {
  test.each<[string | readonly string[], unknown]>([
    ['orders', { channel: ['orders'] }],
    ['ai.*', { channel: [{ prefix: 'ai.' }] }],
    [['orders', 'ai.*', 'eu:*', 'chat'], { channel: ['orders', 'chat', { prefix: 'ai.' }, { prefix: 'eu:' }] }],
    ['*', undefined],
    [['orders', '*'], undefined],
  ])('of %j is %j', (channels, policy) => {
    expect(policyOf(channels)).toEqual(policy);
  });

  test('lets exactly the channels pass that a pattern stands for', () => {
    const name = fc.stringMatching(/^[a.:]{1,3}$/);
    const pattern = fc.oneof(
      name,
      name.map((beginning) => `${beginning}*`),
    );
    fc.assert(
      fc.property(fc.array(pattern, { minLength: 1, maxLength: 4 }), name, (patterns, channel) => {
        const passes = compileFilter({ FilterPolicy: JSON.stringify(policyOf(patterns)) });
        expect(passes('', { channel: { DataType: 'String', StringValue: channel } })).toBe(
          patterns.some((each) => matchesChannel(each, channel)),
        );
      }),
    );
  });

  test.each<[string, string | readonly string[], RegExp]>([
    ['a name that no channel has', 'a b', /"a b".*A-Z a-z 0-9/],
    ['a * inside', ['orders', 'a*b'], /"a\*b"/],
    ['an empty name', '', /""/],
    ['an own channel, which only a token has', 'user.${sub}', /"user\.\$\{sub\}"/],
    ['no pattern', [], /0 patterns.*1 to 150/],
    ['more patterns than SNS allows', Array.from({ length: 151 }, (_, at) => `c${at}`), /151 patterns.*1 to 150/],
  ])('is refused for %s', (_, channels, message) => {
    expect(() => channelFilter(channels)).toThrow(message);
  });
});
