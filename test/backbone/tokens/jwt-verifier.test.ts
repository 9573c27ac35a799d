import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AccessDeniedError, KeysUnavailableError } from '../../../backbone/domain/access.ts';
import type { TokenVerifier } from '../../../backbone/ports.ts';
import { createJwtVerifier } from '../../../backbone/tokens/jwt-verifier.ts';
import { createSigningKey, type SigningKey } from '../../../local/issuer/signing-key.ts';

const ISSUER = 'https://issuer.example.com';
const LANES = { subscribe: ['a'], publish: [] };

let server: Server;
let key: SigningKey;
let stranger: SigningKey;
/** What the issuer answers now, and how often it was asked. */
let answer: { status: number; body: string };
let asked: number;
let verifier: TokenVerifier;

const nowSeconds = () => Math.floor(Date.now() / 1_000);

function claims(more: object = {}): object {
  return { iss: ISSUER, aud: 'lanes', sub: 'ann', exp: nowSeconds() + 60, lanes: LANES, ...more };
}

const keySet = (...keys: readonly SigningKey[]) => ({
  status: 200,
  body: JSON.stringify({ keys: keys.map(({ publicJwk }) => publicJwk) }),
});

beforeAll(async () => {
  [key, stranger] = await Promise.all([createSigningKey(), createSigningKey()]);
  server = createServer((_request, response) => {
    asked++;
    response.writeHead(answer.status).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => void server.close());

beforeEach(() => {
  asked = 0;
  answer = keySet(key);
  const jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  verifier = createJwtVerifier({ issuer: ISSUER, audience: 'lanes', jwksUri });
});

const verify = async (token: string) => verifier.verify(token);

test('a token of the issuer says who may do what until when', async () => {
  const exp = nowSeconds() + 60;
  expect(await verify(key.sign(claims({ exp })))).toEqual({ principal: 'ann', rights: LANES, expiresAtMs: exp * 1_000 });
});

test.each([
  ['one of several audiences', { aud: ['other', 'lanes'] }],
  ['the client, where there is no audience, as Cognito writes it', { aud: undefined, client_id: 'lanes' }],
])('the audience may be %s', async (_, more) => {
  expect(await verify(key.sign(claims(more)))).toMatchObject({ principal: 'ann' });
});

test('once the keys are there, the answer is no promise', async () => {
  await verify(key.sign(claims()));
  expect(verifier.verify(key.sign(claims()))).toMatchObject({ principal: 'ann' });
});

test('the keys are fetched once, and again for a key that is new', async () => {
  for (let times = 0; times < 3; times++) await verify(key.sign(claims()));
  expect(asked).toBe(1);
  answer = keySet(key, stranger);
  expect(await verify(stranger.sign(claims()))).toMatchObject({ principal: 'ann' });
  expect(asked).toBe(2);
});

test('made-up keys do not make it ask again and again', async () => {
  await verify(key.sign(claims()));
  for (let times = 0; times < 5; times++) {
    await expect(verify((await createSigningKey()).sign(claims()))).rejects.toThrow('its issuer has no such key');
  }
  expect(asked).toBe(2);
});

describe('a token is refused that', () => {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const kid = () => key.publicJwk['kid'];
  const cases: [string, () => string, string, string][] = [
    ['is of another issuer', () => key.sign(claims({ iss: 'https://other.example' })), 'unauthorized', 'another issuer'],
    ['is for another audience', () => key.sign(claims({ aud: 'other' })), 'unauthorized', 'another audience'],
    ['has another audience and the right client', () => key.sign(claims({ aud: 'other', client_id: 'lanes' })), 'unauthorized', 'audience'],
    ['has expired', () => key.sign(claims({ exp: nowSeconds() - 1 })), 'token_expired', 'the token expired at'],
    ['expires now', () => key.sign(claims({ exp: nowSeconds() })), 'token_expired', 'the token expired at'],
    ['never expires', () => key.sign(claims({ exp: undefined })), 'unauthorized', 'never expires'],
    ['is not valid yet', () => key.sign(claims({ nbf: nowSeconds() + 60 })), 'unauthorized', 'has not come yet'],
    ['was signed by somebody else', () => forge(stranger.sign(claims())), 'unauthorized', 'signature is wrong'],
    ['is not signed', () => `${encode({ alg: 'none', kid: kid() })}.${encode(claims())}.`, 'unauthorized', 'no JWT'],
    ['says so, but has a signature', () => `${encode({ alg: 'none', kid: kid() })}.${encode(claims())}.AAAA`, 'unauthorized', 'no JWT'],
    [
      'takes the public key for a shared secret',
      () => `${encode({ alg: 'HS256', kid: kid() })}.${encode(claims())}.AAAA`,
      'unauthorized',
      'no JWT',
    ],
    ['names no key', () => `${encode({ alg: 'RS256' })}.${encode(claims())}.AAAA`, 'unauthorized', 'no JWT'],
    ['is no token', () => 'hello', 'unauthorized', 'no JWT'],
    ['is nothing', () => '', 'unauthorized', 'no JWT'],
  ];

  /** The same claims under the id of the issuer's key. */
  function forge(token: string): string {
    const [, body, signature] = token.split('.');
    return `${encode({ alg: 'RS256', kid: kid() })}.${body}.${signature}`;
  }

  test.each(cases)('%s', async (_, make, code, reason) => {
    const error = await verify(make()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AccessDeniedError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(reason) });
  });
});

test.each([
  ['answers with an error', { status: 500, body: '' }],
  ['answers with something else', { status: 200, body: '<html>' }],
  ['answers with no keys', { status: 200, body: '{}' }],
])('while the issuer %s nobody is refused, but told that nobody can say', async (_, broken) => {
  answer = broken;
  await expect(verify(key.sign(claims()))).rejects.toBeInstanceOf(KeysUnavailableError);
  answer = keySet(key);
  expect(await verify(key.sign(claims()))).toMatchObject({ principal: 'ann' });
});
