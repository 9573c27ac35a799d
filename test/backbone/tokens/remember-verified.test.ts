import { beforeEach, expect, jest, test } from '@jest/globals';
import { type Access, AccessDeniedError } from '../../../backbone/domain/access.ts';
import type { TokenVerifier } from '../../../backbone/ports.ts';
import { rememberVerified } from '../../../backbone/tokens/remember-verified.ts';

const EXPIRES_AT_MS = 10_000;

let nowMs: number;
let asked: jest.Mock<TokenVerifier['verify']>;
let verifier: TokenVerifier;

function accessOf(token: string): Access {
  return { principal: token, rights: { subscribe: [], publish: [] }, expiresAtMs: EXPIRES_AT_MS };
}

beforeEach(() => {
  nowMs = 0;
  asked = jest.fn<TokenVerifier['verify']>(accessOf);
  verifier = rememberVerified({ verify: asked }, () => nowMs);
});

test('a valid token is checked once', () => {
  expect(verifier.verify('a')).toEqual(accessOf('a'));
  expect(verifier.verify('a')).toEqual(accessOf('a'));
  expect(asked).toHaveBeenCalledTimes(1);
});

test('each token has its own result', () => {
  verifier.verify('a');
  expect(verifier.verify('b')).toEqual(accessOf('b'));
});

test('a token that waits for keys is remembered too', async () => {
  asked.mockImplementation(async (token) => accessOf(token));
  await verifier.verify('a');
  expect(verifier.verify('a')).toEqual(accessOf('a'));
  expect(asked).toHaveBeenCalledTimes(1);
});

test('a token is refused from its exp on, although it was valid', () => {
  verifier.verify('a');
  nowMs = EXPIRES_AT_MS - 1;
  expect(verifier.verify('a')).toEqual(accessOf('a'));
  nowMs = EXPIRES_AT_MS;
  expect(() => verifier.verify('a')).toThrow(expect.objectContaining({ code: 'token_expired' }));
});

test('a refused token is checked again', () => {
  asked.mockImplementationOnce(() => {
    throw new AccessDeniedError('unauthorized', 'no');
  });
  expect(() => verifier.verify('a')).toThrow('no');
  expect(verifier.verify('a')).toEqual(accessOf('a'));
});

test('the oldest is forgotten when there are too many', () => {
  verifier.verify('first');
  for (let index = 0; index < 4_096; index++) verifier.verify(`other ${index}`);
  asked.mockClear();
  verifier.verify('other 0');
  expect(asked).not.toHaveBeenCalled();
  verifier.verify('first');
  expect(asked).toHaveBeenCalledTimes(1);
});
