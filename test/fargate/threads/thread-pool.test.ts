import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from '@jest/globals';
import type { LaneEvent } from '../../../backbone/domain/event.ts';
import type { StreamServer } from '../../../fargate/stream-server.ts';
import { startThreads } from '../../../fargate/threads/thread-pool.ts';
import { SseClient } from '../support/sse-client.ts';
import { until } from '../support/until.ts';

const support = (name: string) => pathToFileURL(join(import.meta.dirname, '../support', name));

const lost: Error[] = [];
const onLost = (error: Error) => {
  lost.push(error);
};
const clients: SseClient[] = [];
let server: StreamServer | undefined;

async function start(program = 'stream-thread.ts', port = 0): Promise<StreamServer> {
  server = await startThreads({ count: 2, port, program: support(program), onLost });
  return server;
}

async function openStreams(count: number): Promise<readonly SseClient[]> {
  const url = `http://127.0.0.1:${server?.port}/v1/events?channel=demo`;
  clients.push(...(await Promise.all(Array.from({ length: count }, () => SseClient.open(url)))));
  await until(() => clients.every(({ lastEventId }) => lastEventId !== undefined));
  return clients;
}

/** Every thread's log is new, and so gives its first channel the same epoch. */
function event(seq: number): LaneEvent {
  return { channel: 'demo', epoch: 'm00001', seq, type: 'message', data: `event ${seq}`, publishedAtMs: 0 };
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server?.close();
  server = undefined;
  lost.length = 0;
});

test('streams on either thread get every event once and in order', async () => {
  await start();
  const streams = await openStreams(24);
  await server?.offer([event(2), event(1)]);
  await server?.offer([event(3), event(2)]);
  await until(() => streams.every(({ events }) => events.length === 3));
  for (const { data } of streams) expect(data).toEqual(['event 1', 'event 2', 'event 3']);
});

test('what is reported is the sum, and what has happened is reported once', async () => {
  await start();
  const streams = await openStreams(24);
  await server?.offer([event(1)]);
  await until(() => streams.every(({ events }) => events.length === 1));
  expect(await server?.report()).toMatchObject({ openStreams: 24, deliveries: 24 });
  expect(await server?.report()).toMatchObject({ openStreams: 24, deliveries: 0 });
});

test('the connections are dealt out: no thread has them all', async () => {
  await start();
  // Each thread takes half of the 100 streams that the task may have.
  await openStreams(60);
  expect(await server?.report()).toMatchObject({ openStreams: 60 });
});

test('draining ends the streams of all threads, and new ones are refused', async () => {
  await start();
  const streams = await openStreams(12);
  await server?.drain(0);
  await until(() => streams.every(({ ended }) => ended));
  await expect(SseClient.open(`http://127.0.0.1:${server?.port}/v1/events?channel=demo`)).rejects.toThrow('task_draining');
});

test('a thread that does not take what it is offered makes the queue wait', async () => {
  await start('reluctant-thread.ts', 1);
  const waits = Array.from({ length: 10 }, (_, index) => server?.offer([event(index)]));
  expect(waits.findIndex((wait) => wait !== undefined)).toBe(8);
});

test('a thread that ends is missed', async () => {
  await start('reluctant-thread.ts', 1);
  void server?.drain(0);
  await until(() => lost.length === 2);
  expect(lost.map(({ message }) => message)).toEqual(Array(2).fill('a thread has ended with code 3'));
  server = undefined;
});

test('a port that is taken is an error that names it, and no thread stays', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as { port: number };
  await expect(start('stream-thread.ts', port)).rejects.toThrow(`EADDRINUSE: address already in use 127.0.0.1:${port}`);
  taken.close();
  expect(lost).toEqual([]);
});
