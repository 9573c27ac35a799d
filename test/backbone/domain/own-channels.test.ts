import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { allows, parseAccess } from '../../../backbone/domain/access.ts';
import { segmentOf } from '../../../backbone/domain/own-channels.ts';
import { parseChannel } from '../../../packages/protocol/channel.ts';

const rightsOf = (sub: string, ...subscribe: string[]) => parseAccess({ sub, exp: 1, lanes: { subscribe, publish: subscribe } }).rights;

/** Subjects that somebody may choose, among them those that would widen a pattern if they were put in as they are. */
const subject = fc.oneof(
  fc.constantFrom(
    '*',
    '.',
    '..',
    'ann',
    'ann.',
    '.ann',
    'ann.*',
    'ann:7C',
    '${sub}',
    '$&',
    'ann%2E',
    'ann:2E',
    'a b',
    'Ann',
    'é',
    'e\u0301',
  ),
  fc.stringMatching(/^[an.*:%]{1,6}$/),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
);

describe('${sub} in the patterns of a token', () => {
  test.each([
    ['ann', 'user.ann.*'],
    ['3f2b8c1e-0d51-4e55-9f0e-1d1f0a7c2b11', 'user.3f2b8c1e-0d51-4e55-9f0e-1d1f0a7c2b11.*'],
    ['auth0|17', 'user.auth0:7C17.*'],
    ['ann.b@example.com', 'user.ann:2Eb:40example:2Ecom.*'],
    ['a:b', 'user.a:3Ab.*'],
    ['*', 'user.:2A.*'],
    ["a b!'()~", 'user.a:20b:21:27:28:29:7E.*'],
    ['é', 'user.:C3:A9.*'],
  ])('is the subject %s: %s', (sub, pattern) => {
    expect(rightsOf(sub, 'user.${sub}.*')).toEqual({ subscribe: [pattern], publish: [pattern] });
  });

  test('may be the last segment, or one in the middle of a name', () => {
    expect(rightsOf('ann', 'inbox.${sub}', 'eu:user.${sub}.read', 'chat').subscribe).toEqual(['inbox.ann', 'eu:user.ann.read', 'chat']);
  });

  test.each([
    ['has a lone surrogate', '\ud800'],
    ['is longer than a channel', 'x'.repeat(122)],
  ])('allows nothing to a subject that %s, and leaves its other rights', (_, sub) => {
    expect(rightsOf(sub, 'user.${sub}.*', 'chat').subscribe).toEqual(['chat']);
  });

  test('allows a subject of the greatest length that a channel can have', () => {
    expect(rightsOf('x'.repeat(121), 'user.${sub}.*').subscribe).toEqual([`user.${'x'.repeat(121)}.*`]);
  });

  test('never allows a subject the channels of another, whatever they contain', () => {
    fc.assert(
      fc.property(subject, subject, fc.constantFrom('.inbox', '.', ''), (mine, yours, rest) => {
        fc.pre(mine !== yours);
        const [my, your] = [segmentOf(mine), segmentOf(yours)];
        fc.pre(my !== undefined && your !== undefined && your.length < 110);
        const rights = rightsOf(mine, 'user.${sub}.*', 'user.${sub}');
        expect(allows(rights, 'subscribe', `user.${your}${rest}`)).toBe(false);
        expect(allows(rights, 'publish', `user.${your}${rest}`)).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });

  test('always allows a subject its own channels, whose names are channels', () => {
    fc.assert(
      fc.property(subject, (sub) => {
        const segment = segmentOf(sub);
        fc.pre(segment !== undefined && segment.length < 110);
        expect(allows(rightsOf(sub, 'user.${sub}.*'), 'subscribe', parseChannel(`user.${segment}.inbox`))).toBe(true);
      }),
    );
  });

  test('never allows anything outside the fixed beginning of the pattern', () => {
    fc.assert(
      fc.property(subject, fc.stringMatching(/^[a-z.:]{1,12}$/), (sub, channel) => {
        fc.pre(!channel.startsWith('user.'));
        expect(allows(rightsOf(sub, 'user.${sub}.*', 'user.${sub}'), 'subscribe', channel)).toBe(false);
      }),
    );
  });
});
