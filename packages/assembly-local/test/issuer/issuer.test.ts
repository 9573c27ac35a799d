import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createJwtVerifier } from '../../../../backbone/tokens/jwt-verifier.ts';
import { issuerFromResources } from '../../issuer/from-resources.ts';
import { ISSUER_PATH, Issuer } from '../../issuer/issuer.ts';

let server: Server;
let issuer: Issuer;

beforeAll(async () => {
  server = createServer((request, response) => void issuer.handle(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  issuer = await Issuer.create(`http://127.0.0.1:${(server.address() as AddressInfo).port}${ISSUER_PATH}`, 'client-1');
});

afterAll(() => void server.close());

interface Discovery {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly jwks_uri: string;
}

async function discover(): Promise<Discovery> {
  return (await (await fetch(`${issuer.url}/.well-known/openid-configuration`)).json()) as Discovery;
}

async function askForToken(
  form: Record<string, string>,
): Promise<{ readonly status: number; readonly access_token: string; readonly error?: string }> {
  const response = await fetch((await discover()).token_endpoint, { method: 'POST', body: new URLSearchParams(form) });
  return { status: response.status, ...((await response.json()) as { readonly access_token: string }) };
}

/** Verifies a token as the lanes do, with the issuer’s published keys. */
async function verify(token: string) {
  const { issuer: url, jwks_uri: jwksUri } = await discover();
  return createJwtVerifier({ issuer: url, audience: 'client-1', jwksUri }).verify(token);
}

test('the token of the run allows everything', async () => {
  expect((await verify(issuer.issueForRun())).rights).toEqual({ subscribe: ['*'], publish: ['*'] });
});

test('issues any token you ask for', async () => {
  const { access_token } = await askForToken({ grant_type: 'client_credentials', subject: 'ann', subscribe: 'orders.*', expires_in: '60' });
  const { principal, rights, expiresAtMs } = await verify(access_token);
  expect({ principal, rights }).toEqual({ principal: 'ann', rights: { subscribe: ['orders.*'], publish: [] } });
  expect(expiresAtMs).toBeLessThanOrEqual(Date.now() + 60_000);
});

test('an unknown grant type is rejected', async () => {
  expect(await askForToken({ grant_type: 'password' })).toMatchObject({ status: 400, error: 'unsupported_grant_type' });
});

describe('a page signs in', () => {
  const verifier = 'a-verifier-that-only-the-page-knows';
  const redirectUri = 'http://127.0.0.1:8080/';

  async function authorize(): Promise<URL> {
    const target = new URL((await discover()).authorization_endpoint);
    target.search = new URLSearchParams({
      response_type: 'code',
      redirect_uri: redirectUri,
      state: 's1',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    }).toString();
    const response = await fetch(target, { redirect: 'manual' });
    return new URL(response.headers.get('location') ?? '');
  }

  const exchange = (code: string, codeVerifier: string) =>
    askForToken({ grant_type: 'authorization_code', code, code_verifier: codeVerifier, redirect_uri: redirectUri });

  test('with the code that it gets when it returns', async () => {
    const back = await authorize();
    expect(back.origin + back.pathname).toBe(redirectUri);
    expect(back.searchParams.get('state')).toBe('s1');
    const { access_token } = await exchange(back.searchParams.get('code') ?? '', verifier);
    expect((await verify(access_token)).principal).toBe('developer');
  });

  test('but not without the verifier, nor twice with one code', async () => {
    const stolen = (await authorize()).searchParams.get('code') ?? '';
    expect(await exchange(stolen, 'another')).toMatchObject({ status: 400, error: 'invalid_grant' });
    expect(await exchange(stolen, verifier)).toMatchObject({ status: 400, error: 'invalid_grant' });
  });
});

describe('the issuer that it replaces', () => {
  const named = { url: 'https://issuer.example.com', audience: 'lanes', jwksUri: 'https://keys.example.com/jwks' };
  const variables = { LANES_TOKEN_ISSUER: named.url, LANES_TOKEN_AUDIENCE: named.audience, LANES_TOKEN_JWKS_URI: named.jwksUri };
  const resource = (type: string, properties: object) =>
    ({ type, stack: 'S', logicalId: 'L', region: 'us-east-1', ref: 'L', name: 'L', attributes: {}, properties }) as never;

  test.each([
    ['a function', resource('AWS::Lambda::Function', { Environment: { Variables: variables } })],
    [
      'a task',
      resource('AWS::ECS::TaskDefinition', {
        ContainerDefinitions: [{ Environment: Object.entries(variables).map(([Name, Value]) => ({ Name, Value })) }],
      }),
    ],
  ])('is in the environment of %s', (_, found) => {
    expect(issuerFromResources([resource('AWS::Lambda::Function', {}), found])).toEqual(named);
  });

  test('is none if nothing checks tokens', () => {
    expect(issuerFromResources([resource('AWS::Lambda::Function', {})])).toBeUndefined();
  });
});
