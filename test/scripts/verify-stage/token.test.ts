import { expect, test } from '@jest/globals';
import { UsageError } from '../../../command-line/command.ts';
import { readToken } from '../../../scripts/verify-stage/token.ts';

const tokenWith = (claims: object) => `head.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmVkLWJ5LWE`;
const read = (token?: string) => () => readToken(token === undefined ? {} : { LANES_TOKEN: token }, 1_000_000);

test('is read without what a copy from a terminal adds', () => {
  const token = tokenWith({ exp: 1_001 });
  expect(read(` ${token}\n`)()).toBe(token);
});

test.each([
  ['there is none', undefined, 'LANES_TOKEN is not set'],
  ['it is empty', '', 'LANES_TOKEN is not set'],
  ['it is no token', 'secret-of-another-kind', 'is not a token'],
  ['it has no signature', `${tokenWith({ exp: 1_001 }).split('.').slice(0, 2).join('.')}.`, 'is not a token'],
  ['it has the scheme, too', `Bearer ${tokenWith({ exp: 1_001 })}`, 'without Bearer'],
  ['it never ends', tokenWith({}), 'is not a token'],
  ['it has ended', tokenWith({ exp: 1_000 }), 'ended at 1970-01-01T00:16:40.000Z'],
])('where %s, the reader is told what to do, and nothing of it is repeated', (_, token, expected) => {
  expect(read(token)).toThrow(UsageError);
  expect(read(token)).toThrow(expected);
  for (const part of (token ?? '').split('.').filter((each) => each.length > 8)) expect(read(token)).not.toThrow(part);
});
