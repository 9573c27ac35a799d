import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { afterEach, expect, test } from '@jest/globals';
import { createConnectionProbe } from '../../../../lambda/websocket/aws/connection-probe.ts';
import { type AwsBehaviour, type AwsStub, startAwsStub } from '../../../support/aws-stub.ts';

let stub: AwsStub;
let client: ApiGatewayManagementApiClient;

afterEach(async () => {
  client.destroy();
  await stub.stop();
});

async function probeAgainst(behaviour: AwsBehaviour) {
  stub = await startAwsStub(behaviour);
  client = new ApiGatewayManagementApiClient({ ...stub.clientOptions, endpoint: `${stub.endpoint}/dev` });
  return createConnectionProbe({ client }).probe('abc=');
}

const failing =
  (status: number, type: string): AwsBehaviour =>
  () => ({ status, headers: { 'x-amzn-errortype': type }, body: { message: type } });

test('a connection that is described is open', async () => {
  expect(await probeAgainst(() => ({ body: { connectedAt: '2026-01-01T00:00:00Z' } }))).toEqual({ kind: 'open' });
  expect(stub.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /dev/@connections/abc%3D']);
});

test('410 is gone', async () => {
  expect(await probeAgainst(failing(410, 'GoneException'))).toEqual({ kind: 'gone' });
});

test.each([
  [403, 'ForbiddenException'],
  [429, 'LimitExceededException'],
  [500, 'InternalServerErrorException'],
])('%d is unknown, and is not retried', async (status, type) => {
  expect(await probeAgainst(failing(status, type))).toEqual({ kind: 'unknown', reason: expect.stringContaining(type) });
  expect(stub.calls).toHaveLength(1);
});

test('a broken connection is unknown', async () => {
  expect(await probeAgainst(() => 'reset')).toMatchObject({ kind: 'unknown' });
});
