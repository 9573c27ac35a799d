import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MemoryTaskQueue } from '../../../fargate/sse/memory/memory-task-queue.ts';
import type { TargetState } from '../../../fargate/sse/ports.ts';
import type { Service } from '../../../fargate/sse/service.ts';
import { startMemoryServer, startMemoryService } from './support/memory-service.ts';

const DRAIN_MS = 300;

let service: Service;
let state: TargetState;
let queue: MemoryTaskQueue;

beforeEach(async () => {
  state = 'registered';
  queue = new MemoryTaskQueue();
  service = await startMemoryService({
    config: { drainSeconds: DRAIN_MS / 1_000, targetHealthIntervalSeconds: 0.02 },
    startServer: () => startMemoryServer({ keepAliveSeconds: 1 }),
    queue,
    targetHealth: { state: async () => state },
  });
});

afterEach(() => service.stop());

const get = (path: string) => fetch(`http://127.0.0.1:${service.port}${path}`);

/** Opens streams, and notes when each ends. */
async function openStreams(count: number): Promise<readonly Promise<number>[]> {
  const streams = await Promise.all(Array.from({ length: count }, () => get('/v1/events?channel=demo')));
  return streams.map(async (stream) => {
    await stream.text();
    return performance.now();
  });
}

test('a task that its load balancer lets go closes its streams one after the other, without SIGTERM', async () => {
  const ends = await openStreams(20);
  const beforeMs = performance.now();
  state = 'draining';
  const endedMs = (await Promise.all(ends)).map((endMs) => endMs - beforeMs);
  // Not all at once: whatever the machine does meanwhile, the last step of the drain comes after its whole time.
  expect(Math.max(...endedMs)).toBeGreaterThan(DRAIN_MS * 0.9);
  expect(new Set(endedMs.map((ms) => Math.round(ms / 50))).size).toBeGreaterThan(1);
});

test('such a task says so to its load balancer and takes no new streams, but serves everything else until SIGTERM', async () => {
  const ends = await openStreams(1);
  state = 'draining';
  await Promise.all(ends);
  expect((await get('/readyz')).status).toBe(503);
  expect((await get('/healthz')).status).toBe(200);
  const refused = await get('/v1/events?channel=demo');
  expect(refused.status).toBe(503);
  expect(await refused.json()).toMatchObject({ code: 'task_draining' });
  expect((await fetch(`http://127.0.0.1:${service.port}/v1/events?channel=demo`, { headers: { accept: 'application/json' } })).status).toBe(
    200,
  );
  expect(queue.closed).toBe(false);
});

test('SIGTERM after such a drain removes the queue', async () => {
  const ends = await openStreams(1);
  state = 'draining';
  await Promise.all(ends);
  await service.stop();
  expect(queue.closed).toBe(true);
});
