import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { AccessDeniedError, KeysUnavailableError } from '../../../backbone/domain/access.ts';
import type { TokenVerifier } from '../../../backbone/ports.ts';
import { createJwtVerifier } from '../../../backbone/tokens/jwt-verifier.ts';
import { createSigningKey, type SigningKey } from '../../../packages/assembly-local/issuer/signing-key.ts';

const ISSUER = 'https://issuer.example.com';
const LANES = { subscribe: ['a'], publish: [] };

let server: Server;
let key: SigningKey;
let stranger: SigningKey;
/** What the issuer answers now, and how often it was asked. */
let answer: { status: number; body: string };
let asked: number;
let verifier: TokenVerifier;
/** The time for fetches. */
let nowMs: number;

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

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
  nowMs = 0;
  answer = keySet(key);
  const jwksUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  verifier = createJwtVerifier({ issuer: ISSUER, audience: 'lanes', jwksUri }, () => nowMs);
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

test('the clock of the issuer may be 5 s ahead', async () => {
  const ahead = nowSeconds() + 4;
  expect(await verify(key.sign(claims({ nbf: ahead, iat: ahead })))).toMatchObject({ principal: 'ann' });
});

test('times may have fractions', async () => {
  const exp = nowSeconds() + 60;
  expect(await verify(key.sign(claims({ exp: exp + 0.5, iat: exp - 60.5 })))).toMatchObject({ expiresAtMs: exp * 1_000 });
});

test('once the keys are cached, no promise is returned', async () => {
  await verify(key.sign(claims()));
  expect(verifier.verify(key.sign(claims()))).toMatchObject({ principal: 'ann' });
});

test('the keys are fetched once, and again for a new key', async () => {
  for (let times = 0; times < 3; times++) await verify(key.sign(claims()));
  expect(asked).toBe(1);
  answer = keySet(key, stranger);
  nowMs = 2_000;
  expect(await verify(stranger.sign(claims()))).toMatchObject({ principal: 'ann' });
  expect(asked).toBe(2);
});

describe('an unknown key id', () => {
  const unknown = () => `${encode({ alg: 'RS256', kid: randomUUID() })}.${encode(claims())}.AAAA`;

  beforeEach(async () => {
    await verify(key.sign(claims()));
    nowMs = 2_000;
  });

  test('is refused once the issuer has no such key', async () => {
    await expect(verify(unknown())).rejects.toMatchObject({
      code: 'unauthorized',
      message: expect.stringContaining('no key with its kid'),
    });
    expect(asked).toBe(2);
  });

  test('does not block a good token: a new key is accepted as soon as keys may be fetched again', async () => {
    await expect(verify(unknown())).rejects.toBeInstanceOf(AccessDeniedError);
    answer = keySet(key, stranger);
    nowMs = 3_999;
    await expect(verify(stranger.sign(claims()))).rejects.toMatchObject({ name: 'KeysUnavailableError', isExpected: true });
    nowMs = 4_000;
    expect(await verify(stranger.sign(claims()))).toMatchObject({ principal: 'ann' });
    expect(asked).toBe(3);
  });

  test('is looked up again after 10 s, and until then its token cannot be checked', async () => {
    const token = unknown();
    await expect(verify(token)).rejects.toBeInstanceOf(AccessDeniedError);
    nowMs = 11_999;
    await expect(verify(token)).rejects.toBeInstanceOf(KeysUnavailableError);
    expect(asked).toBe(2);
    nowMs = 12_000;
    await expect(verify(token)).rejects.toBeInstanceOf(AccessDeniedError);
    expect(asked).toBe(3);
  });

  test('causes at most one fetch every 2 s, however many there are', async () => {
    for (; nowMs < 22_000; nowMs += 10) await verify(unknown()).catch(() => {});
    expect(asked).toBe(1 + 10);
  });

  test('shares the fetch in progress', async () => {
    answer = keySet(key, stranger);
    const accesses = await Promise.all(Array.from({ length: 20 }, () => verify(stranger.sign(claims()))));
    expect(accesses).toHaveLength(20);
    expect(asked).toBe(2);
  });
});

describe('a token is refused that', () => {
  const kid = () => key.publicJwk['kid'];
  const cases: [string, () => string, string, string][] = [
    ['is of another issuer', () => key.sign(claims({ iss: 'https://other.example' })), 'unauthorized', 'another issuer'],
    ['is for another audience', () => key.sign(claims({ aud: 'other' })), 'unauthorized', 'another audience'],
    ['has another audience and the right client', () => key.sign(claims({ aud: 'other', client_id: 'lanes' })), 'unauthorized', 'audience'],
    ['has expired', () => key.sign(claims({ exp: nowSeconds() - 1 })), 'token_expired', 'the token expired at'],
    ['expires now', () => key.sign(claims({ exp: nowSeconds() })), 'token_expired', 'the token expired at'],
    ['never expires', () => key.sign(claims({ exp: undefined })), 'unauthorized', 'tokens must expire'],
    ['is not valid yet', () => key.sign(claims({ nbf: nowSeconds() + 60 })), 'unauthorized', 'its nbf is in the future'],
    ['was issued in the future', () => key.sign(claims({ iat: nowSeconds() + 60 })), 'unauthorized', 'its iat is in the future'],
    ...(['exp', 'nbf', 'iat'] as const).flatMap((claim) =>
      [1e300, -1e300, -1, 253_402_300_800].map((value): (typeof cases)[number] => [
        `has ${claim} ${value}`,
        () => key.sign(claims({ [claim]: value })),
        'unauthorized',
        `the token's ${claim} is`,
      ]),
    ),
    ['has an exp that is no finite number', () => key.sign(claims()).replace(/\..*\./, `.${hugeExp()}.`), 'unauthorized', 'not a JWT'],
    ['is padded', () => `${key.sign(claims())}=`, 'unauthorized', 'not a JWT'],
    ['is padded twice', () => `${key.sign(claims())}==`, 'unauthorized', 'not a JWT'],
    ['has a padded head', () => key.sign(claims()).replace('.', '=.'), 'unauthorized', 'not a JWT'],
    ['has other bits behind its signature', () => withOtherLastBits(key.sign(claims())), 'unauthorized', 'not a JWT'],
    ['is written in the other alphabet', () => key.sign(claims()).replace(/.$/, '+'), 'unauthorized', 'not a JWT'],
    ['was signed by somebody else', () => forge(stranger.sign(claims())), 'unauthorized', 'signature is wrong'],
    ['is not signed', () => `${encode({ alg: 'none', kid: kid() })}.${encode(claims())}.`, 'unauthorized', 'not a JWT'],
    ['says so, but has a signature', () => `${encode({ alg: 'none', kid: kid() })}.${encode(claims())}.AAAA`, 'unauthorized', 'not a JWT'],
    [
      'takes the public key for a shared secret',
      () => `${encode({ alg: 'HS256', kid: kid() })}.${encode(claims())}.AAAA`,
      'unauthorized',
      'not a JWT',
    ],
    ['names no key', () => `${encode({ alg: 'RS256' })}.${encode(claims())}.AAAA`, 'unauthorized', 'not a JWT'],
    ['is no token', () => 'hello', 'unauthorized', 'not a JWT'],
    ['is nothing', () => '', 'unauthorized', 'not a JWT'],
  ];

  /** JSON has no infinity, but numbers that are read as one. */
  function hugeExp(): string {
    return Buffer.from(JSON.stringify(claims({ exp: 0 })).replace('"exp":0', '"exp":1e999')).toString('base64url');
  }

  /** Another way to write the same signature: 256 bytes are 341 characters and two thirds of one. */
  function withOtherLastBits(token: string): string {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const other = token.slice(0, -1) + alphabet[alphabet.indexOf(token.slice(-1)) + 1];
    const bytes = (text: string) => Buffer.from(text.slice(text.lastIndexOf('.') + 1), 'base64url');
    expect(bytes(other)).toEqual(bytes(token));
    return other;
  }

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
])('while the issuer %s, tokens are not refused but reported as uncheckable', async (_, broken) => {
  answer = broken;
  await expect(verify(key.sign(claims()))).rejects.toMatchObject({ name: 'KeysUnavailableError', isExpected: false });
  answer = keySet(key);
  nowMs = 2_000;
  expect(await verify(key.sign(claims()))).toMatchObject({ principal: 'ann' });
});
