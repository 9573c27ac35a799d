import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { fetchTaskIdentity } from '../../../fargate/sse/task-metadata.ts';

let server: Server | undefined;

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

/** Serves the metadata of a task; answers the URI that ECS would set. */
async function serve(status: number, metadata: unknown): Promise<string> {
  server = createServer((request, response) => {
    response.writeHead(request.url === '/v4/1/task' ? status : 404).end(JSON.stringify(metadata));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v4/1`;
}

const networks = [{ NetworkMode: 'awsvpc', IPv4Addresses: ['10.0.1.7'], IPv6Addresses: [] }];
const TaskARN = 'arn:aws:ecs:us-east-1:111122223333:task/cluster/0123456789abcdef';

test('a task knows its id and its address', async () => {
  const uri = await serve(200, {
    TaskARN,
    Containers: [
      { Name: 'Service', Networks: networks },
      { Name: 'sidecar', Networks: networks },
    ],
  });
  expect(await fetchTaskIdentity(uri)).toEqual({ taskId: '0123456789abcdef', address: '10.0.1.7' });
});

test.each([
  ['no ARN', 200, { Containers: [{ Networks: networks }] }, /TaskARN/],
  ['no network', 200, { TaskARN, Containers: [{ Networks: [] }] }, /undefined/],
  ['an error', 500, {}, /500/],
])('%s of the metadata endpoint is an error', async (_, status, metadata, message) => {
  await expect(fetchTaskIdentity(await serve(status, metadata))).rejects.toThrow(message);
});
