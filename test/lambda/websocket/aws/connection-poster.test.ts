import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { expect, test } from '@jest/globals';
import { createSdkPoster } from '../../../../lambda/websocket/aws/connection-poster.ts';
import { createSignedPoster } from '../../../../lambda/websocket/aws/signed-poster.ts';
import { startAwsStub } from '../../../support/aws-stub.ts';
import { until } from '../../../support/until.ts';
import { connectionPosterContract } from '../contracts/connection-poster-contract.ts';

connectionPosterContract('the SDK poster', (endpoint, options, timeoutMs) => {
  const client = new ApiGatewayManagementApiClient({
    ...options,
    endpoint,
    requestHandler: { requestTimeout: timeoutMs, throwOnRequestTimeout: true },
  });
  return { ...createSdkPoster({ client }), close: async () => client.destroy() };
});

connectionPosterContract('the signed poster', (endpoint, { region, credentials }, timeoutMs) =>
  createSignedPoster({ endpoint, region, credentials, connections: 2, requestTimeoutMs: timeoutMs }),
);

test('the signed poster sends every post once over the sockets it was given', async () => {
  const stub = await startAwsStub(() => ({}));
  const { region, credentials } = stub.clientOptions;
  const poster = createSignedPoster({ endpoint: stub.endpoint, region, credentials, connections: 4 });
  const outcomes = await Promise.all(Array.from({ length: 100 }, (_, i) => poster.post(`c${i}`, `frame ${i}`)));
  expect(outcomes.every(({ kind }) => kind === 'sent')).toBe(true);
  const posted = stub.calls.map(({ path, body }) => `${path} ${body}`).sort();
  expect(posted).toEqual(Array.from({ length: 100 }, (_, i) => `/@connections/c${i} frame ${i}`).sort());
  await poster.close();
  await stub.stop();
});

test('a poster without credentials rejects: no try would mend that', async () => {
  const poster = createSignedPoster({
    endpoint: 'http://127.0.0.1:1',
    region: 'us-east-1',
    credentials: () => Promise.reject(new Error('no credentials')),
    connections: 1,
  });
  await expect(poster.post('c', 'x')).rejects.toThrow('no credentials');
  await poster.close();
});

test('the signed poster asks for new credentials when the service calls those at hand expired', async () => {
  const stub = await startAwsStub(({ headers }) =>
    headers.authorization?.includes('Credential=FRESH/') === true
      ? {}
      : { status: 403, headers: { 'x-amzn-errortype': 'ExpiredTokenException' }, body: { message: 'expired' } },
  );
  const poster = createSignedPoster({
    endpoint: stub.endpoint,
    region: 'us-east-1',
    credentials: async (options) => ({ accessKeyId: options?.forceRefresh === true ? 'FRESH' : 'STALE', secretAccessKey: 'secret' }),
    connections: 1,
  });
  expect(await poster.post('c', 'x')).toMatchObject({ kind: 'unavailable' });
  expect(await poster.post('c', 'x')).toEqual({ kind: 'sent' });
  await poster.close();
  await stub.stop();
});

test('the signed poster reads no more of an error page than it needs, and goes on', async () => {
  const answers = [{ status: 502, body: 'é'.repeat(5_000_000) }, {}];
  const stub = await startAwsStub(() => answers.shift() ?? 'hang');
  const { region, credentials } = stub.clientOptions;
  const poster = createSignedPoster({ endpoint: stub.endpoint, region, credentials, connections: 1 });
  const outcome = await poster.post('c', 'x');
  expect(outcome).toEqual({ kind: 'unavailable', reason: expect.stringMatching(/^502 é+$/) });
  expect('reason' in outcome && outcome.reason.length).toBeLessThan(250);
  expect(await poster.post('c', 'x')).toEqual({ kind: 'sent' });
  await poster.close();
  await stub.stop();
});

test('a post that still waits for a socket when it is given up is never sent', async () => {
  const given = new AbortController();
  const stub = await startAwsStub(({ path }) => (path.endsWith('/first') ? 'hang' : {}));
  const { region, credentials } = stub.clientOptions;
  const poster = createSignedPoster({ endpoint: stub.endpoint, region, credentials, connections: 1, requestTimeoutMs: 1_000 });
  const first = poster.post('first', 'x');
  const second = poster.post('second', 'x', given.signal);
  await until('the first is on its way', () => stub.calls.length === 1);
  given.abort();
  expect(await second).toMatchObject({ kind: 'unavailable' });
  await first;
  expect(await poster.post('third', 'x')).toEqual({ kind: 'sent' });
  expect(stub.calls.map(({ path }) => path)).toEqual(['/@connections/first', '/@connections/third']);
  await poster.close();
  await stub.stop();
});
