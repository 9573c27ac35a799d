import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { expect, test } from '@jest/globals';
import { createSdkPoster } from '../../../backbone/aws/connection-poster.ts';
import { createSignedPoster } from '../../../backbone/aws/signed-poster.ts';
import { startAwsStub } from '../../support/aws-stub.ts';
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
