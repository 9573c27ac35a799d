import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { channelName } from '../../../test/support/arbitraries.ts';
import { MAX_CHANNELS, parseChannel, parseChannels } from '../channel.ts';
import { InvalidInputError } from '../invalid-input.ts';

describe('parseChannel', () => {
  test('takes every valid name as it is', () => {
    fc.assert(fc.property(channelName, (name) => expect(parseChannel(name)).toBe(name)));
  });

  test.each(['', 'a b', 'a/b', 'a#b', 'a=b', 'a,b', 'a\n', 'é', 'x'.repeat(129), undefined, null, 7, ['a']])('rejects %j', (value) => {
    expect(() => parseChannel(value)).toThrow(InvalidInputError);
  });

  test.each(['.', '..'])('rejects %j, which no URL can carry', (value) => {
    expect(() => parseChannel(value)).toThrow(`channel "${value}" cannot be used: no URL path can carry it`);
  });

  test('names the bad value and the rule', () => {
    expect(() => parseChannel('a b')).toThrow('channel "a b" does not match ^[A-Za-z0-9_.:-]{1,128}$');
  });
});

describe('parseChannels', () => {
  test('keeps the order and drops repeats', () => {
    expect(parseChannels(['b', 'a', 'b'])).toEqual(['b', 'a']);
  });

  test('wants at least one', () => {
    expect(() => parseChannels([])).toThrow(expect.objectContaining({ code: 'invalid_channel' }));
  });

  test('takes as many as fit a cursor and no more', () => {
    const names = Array.from({ length: MAX_CHANNELS + 1 }, (_, i) => `c${i}`);
    expect(parseChannels(names.slice(1))).toHaveLength(MAX_CHANNELS);
    expect(() => parseChannels(names)).toThrow(expect.objectContaining({ code: 'too_many_channels' }));
  });
});
