import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type AccessDeniedError, allows, MAX_RIGHTS_LENGTH, parseAccess, requireRight } from '../../../backbone/domain/access.ts';

const claims = (lanes: unknown) => ({ sub: 'ann', exp: 1_800_000_000, lanes });

function codeOf(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    return (error as AccessDeniedError).code;
  }
  return 'nothing was thrown';
}

describe('the claims of a token', () => {
  test('tell who, what and until when', () => {
    expect(parseAccess(claims({ subscribe: ['orders.*', 'chat'], publish: ['chat'] }))).toEqual({
      principal: 'ann',
      rights: { subscribe: ['orders.*', 'chat'], publish: ['chat'] },
      expiresAtMs: 1_800_000_000_000,
    });
  });

  test.each([[undefined], [{}], [{ subscribe: [] }]])('allow nothing if they list nothing: %j', (lanes) => {
    expect(parseAccess(claims(lanes)).rights).toEqual({ subscribe: [], publish: [] });
  });

  test.each([
    ['a text', 'orders.*'],
    ['a list', ['orders.*']],
    ['null', null],
    ['a list that is a text', { subscribe: 'orders.*' }],
    ['a pattern that is no text', { publish: [1] }],
    ['an empty pattern', { publish: [''] }],
    ['a * inside', { subscribe: ['a*b'] }],
    ['two *', { subscribe: ['a**'] }],
    ['a name that no channel has', { subscribe: ['a/b'] }],
    ['the subject alone, which may be any channel', { subscribe: ['${sub}'] }],
    ['the subject first, which may begin any channel', { subscribe: ['${sub}.*'] }],
    ['the subject behind a dot alone', { subscribe: ['.${sub}'] }],
    ['the subject as a part of a segment', { subscribe: ['user.a${sub}'] }],
    ['the subject right before a *, which other subjects begin with', { subscribe: ['user.${sub}*'] }],
    ['the subject before another separator', { publish: ['user.${sub}:inbox'] }],
    ['the subject twice', { publish: ['user.${sub}.${sub}'] }],
    ['another claim', { publish: ['user.${email}.*'] }],
    ['a * on both sides of the subject', { publish: ['user.*.${sub}.*'] }],
    [
      'more than a row holds once the subject is filled in',
      { subscribe: Array.from({ length: 80 }, () => 'user.${sub}') },
      'a-subject-that-is-long-enough',
    ],
    ['more than a row holds', { subscribe: Array.from({ length: 20 }, () => 'x'.repeat(MAX_RIGHTS_LENGTH / 20)) }],
  ])('are refused if lanes is %s', (_, lanes: unknown, sub = 'ann') => {
    expect(codeOf(() => parseAccess({ ...claims(lanes), sub }))).toBe('unauthorized');
  });

  test.each([
    ['sub', { exp: 1 }],
    ['sub', { sub: '', exp: 1 }],
    ['sub', { sub: 'x'.repeat(256), exp: 1 }],
    ['exp', { sub: 'ann' }],
    ['exp', { sub: 'ann', exp: 'soon' }],
  ])('are refused without a valid %s', (_, incomplete) => {
    expect(codeOf(() => parseAccess(incomplete))).toBe('unauthorized');
  });
});

describe('rights', () => {
  test.each([
    ['chat', 'chat', true],
    ['chat', 'chat2', false],
    ['orders.*', 'orders.1', true],
    ['orders.*', 'orders.', true],
    ['orders.*', 'orders', false],
    ['orders.*', 'Orders.1', false],
    ['*', 'anything', true],
  ])('%s and channel %s: %s', (pattern, channel, expected) => {
    expect(allows({ subscribe: [pattern], publish: [] }, 'subscribe', channel)).toBe(expected);
  });

  test('to read do not allow writing', () => {
    expect(allows({ subscribe: ['*'], publish: [] }, 'publish', 'chat')).toBe(false);
  });

  test('a pattern allows exactly the names that begin with it', () => {
    const name = fc.stringMatching(/^[a-z.]{0,5}$/);
    fc.assert(
      fc.property(name, name, (beginning, channel) => {
        expect(allows({ subscribe: [`${beginning}*`], publish: [] }, 'subscribe', channel)).toBe(channel.indexOf(beginning) === 0);
      }),
    );
  });

  test('the error names the first channel that is not allowed, and the action', () => {
    const rights = { subscribe: ['a'], publish: [] };
    expect(() => requireRight({ rights }, 'subscribe', ['a', 'b', 'c'])).toThrow(
      'the token does not allow you to subscribe to channel "b"',
    );
    expect(() => requireRight({ rights }, 'publish', ['a'])).toThrow('the token does not allow you to publish to channel "a"');
  });
});
