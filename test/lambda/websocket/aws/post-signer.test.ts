import { describe, expect, test } from '@jest/globals';
import { Sha256 } from '@smithy/core/checksum';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { PostSigner } from '../../../../lambda/websocket/aws/post-signer.ts';

const ENDPOINT = new URL('https://a1b2c3.execute-api.eu-west-1.amazonaws.com/prod');
const REGION = 'eu-west-1';
const CREDENTIALS = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/key+', sessionToken: 'token//==' };
const NOON = Date.UTC(2026, 10, 24, 12, 0, 0);
const DAY_MS = 86_400_000;

/** The headers that the SDK's own signer would send for the same post. */
async function reference(path: string, frame: string, nowMs: number, endpoint = ENDPOINT, credentials: object = CREDENTIALS) {
  const signer = new SignatureV4({
    service: 'execute-api',
    region: REGION,
    credentials: credentials as typeof CREDENTIALS,
    sha256: Sha256,
    applyChecksum: false,
  });
  const request = { method: 'POST', protocol: endpoint.protocol, hostname: endpoint.hostname, path, query: {}, body: Buffer.from(frame) };
  const { headers } = await signer.sign({ ...request, headers: { host: endpoint.host } }, { signingDate: new Date(nowMs) });
  return headers;
}

/** Names and values in turn, as an object. */
function byName(headers: readonly string[]): Record<string, string> {
  return Object.fromEntries(headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1] ?? '']] : [])));
}

const signerWith = (options: Partial<ConstructorParameters<typeof PostSigner>[0]> = {}) =>
  new PostSigner({ endpoint: ENDPOINT, region: REGION, credentials: CREDENTIALS, ...options });

const scopeOf = ({ headers }: { readonly headers: readonly string[] }) => /Credential=([^,]+)/.exec(headers.at(-1) ?? '')?.[1];

describe('the signature is that of @smithy/signature-v4', () => {
  test.each(['L0SM9cOFvHcCIhw=', 'a+b/c==', "!'()*~-._", 'ü☂', 'a b%3D&?#'])('for the connection %s', async (connectionId) => {
    const { path, headers } = await signerWith().sign(connectionId, '{"kind":"event"}', NOON);
    expect(byName(headers)).toEqual(await reference(path, '{"kind":"event"}', NOON));
    expect(decodeURIComponent(path)).toBe(`/prod/@connections/${connectionId}`);
  });

  test('whatever connection, frame and time, from one signer', async () => {
    const signer = signerWith();
    const connectionId = fc.string({ unit: 'binary', minLength: 1 }).filter((id) => id !== '.' && id !== '..');
    const nowMs = fc.integer({ min: NOON, max: NOON + 3 * DAY_MS });
    await fc.assert(
      fc.asyncProperty(connectionId, fc.string({ unit: 'binary' }), nowMs, async (id, frame, atMs) => {
        const { path, headers, body } = await signer.sign(id, frame, atMs);
        expect(byName(headers)).toEqual(await reference(path, frame, atMs));
        expect(body).toEqual(Buffer.from(frame));
      }),
    );
  });

  test('without a session token', async () => {
    const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' };
    const { path, headers } = await signerWith({ credentials }).sign('c', 'x', NOON);
    expect(byName(headers)).toEqual(await reference(path, 'x', NOON, ENDPOINT, credentials));
  });

  test.each(['http://127.0.0.1:4566/dev/', 'http://127.0.0.1:4566', 'https://ws.example.com/a%20b/c'])(
    'for the endpoint %s',
    async (url) => {
      const endpoint = new URL(url);
      const { path, headers } = await signerWith({ endpoint }).sign('c=', 'x', NOON);
      expect(byName(headers)).toEqual(await reference(path, 'x', NOON, endpoint));
    },
  );
});

test('concurrent posts are all signed correctly, each with its own frame', async () => {
  const signer = signerWith();
  const frames = Array.from({ length: 40 }, (_, index) => `frame ${index}`);
  const signed = await Promise.all(frames.map((frame) => signer.sign('c', frame, NOON)));
  const expected = await Promise.all(frames.map((frame) => reference('/prod/@connections/c', frame, NOON)));
  expect(signed.map(({ headers }) => byName(headers))).toEqual(expected);
});

test('the key changes with the day', async () => {
  const signer = signerWith();
  expect(scopeOf(await signer.sign('c', 'x', NOON))).toBe('AKIDEXAMPLE/20261124/eu-west-1/execute-api/aws4_request');
  expect(scopeOf(await signer.sign('c', 'x', NOON + DAY_MS))).toBe('AKIDEXAMPLE/20261125/eu-west-1/execute-api/aws4_request');
});

test('credentials that the provider has changed are used from the next second on', async () => {
  let accessKeyId = 'FIRST';
  const signer = signerWith({ credentials: async () => ({ ...CREDENTIALS, accessKeyId }) });
  await signer.sign('c', 'x', NOON);
  accessKeyId = 'SECOND';
  expect(scopeOf(await signer.sign('c', 'x', NOON + 1_000))).toMatch(/^SECOND\//);
});

test('the provider is called once for all posts of a second', async () => {
  let asked = 0;
  const signer = signerWith({
    credentials: async () => {
      asked++;
      return CREDENTIALS;
    },
  });
  await Promise.all(Array.from({ length: 100 }, (_, index) => signer.sign(`c${index}`, 'x', NOON + index)));
  expect(asked).toBe(1);
});

test('renewing calls the provider at once, for fresh credentials, once for all posts that ask for it', async () => {
  const asked: (boolean | undefined)[] = [];
  const signer = signerWith({
    credentials: async (options) => {
      asked.push(options?.forceRefresh);
      return { ...CREDENTIALS, accessKeyId: `KEY${asked.length}` };
    },
  });
  const stale = await signer.sign('c', 'x', NOON);
  signer.renewCredentials(stale);
  signer.renewCredentials(stale);
  expect(scopeOf(await signer.sign('c', 'x', NOON))).toMatch(/^KEY2\//);
  signer.renewCredentials(stale);
  await signer.sign('c', 'x', NOON + 1_000);
  expect(asked).toEqual([false, true, false]);
});

test('a failing provider is called again in the next second', async () => {
  let works = false;
  const signer = signerWith({ credentials: async () => (works ? CREDENTIALS : Promise.reject(new Error('no credentials'))) });
  await expect(signer.sign('c', 'x', NOON)).rejects.toThrow('no credentials');
  works = true;
  expect(scopeOf(await signer.sign('c', 'x', NOON + 1_000))).toMatch(/^AKIDEXAMPLE\//);
});
