import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { leavingAnnouncement } from '../../../fargate/sse/contract.ts';
import { MemoryTaskQueue } from '../../../fargate/sse/memory/memory-task-queue.ts';
import type { TargetState } from '../../../fargate/sse/ports.ts';
import type { Service } from '../../../fargate/sse/service.ts';
import { silentLogger } from './support/hub-world.ts';
import { startMemoryServer, startMemoryService, TASK_ID } from './support/memory-service.ts';
import { until } from './support/until.ts';

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

test('a task that its load balancer drains closes its streams one after another, without SIGTERM', async () => {
  const ends = await openStreams(20);
  const beforeMs = performance.now();
  state = 'draining';
  const endedMs = (await Promise.all(ends)).map((endMs) => endMs - beforeMs);
  // Not all at once: whatever the machine does meanwhile, the last step of the drain comes after its whole time.
  expect(Math.max(...endedMs)).toBeGreaterThan(DRAIN_MS * 0.9);
  expect(new Set(endedMs.map((ms) => Math.round(ms / 50))).size).toBeGreaterThan(1);
});

test('such a task reports itself as draining and accepts no new streams, but serves everything else until SIGTERM', async () => {
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

describe('how a task learns that it leaves', () => {
  let drains: unknown[];

  /** A task that would not look at its target health by itself for as long as a test runs. */
  beforeEach(async () => {
    drains = [];
    await service.stop();
    queue = new MemoryTaskQueue();
    service = await startMemoryService({
      config: { drainSeconds: DRAIN_MS / 1_000, targetHealthIntervalSeconds: 900 },
      queue,
      targetHealth: { state: async () => state },
      logger: {
        ...silentLogger,
        info: (message, fields) => {
          if (message === 'draining') drains.push(fields);
        },
      },
    });
  });

  test('from the announcement in its queue, long before it would look by itself', async () => {
    const ends = await openStreams(1);
    state = 'draining';
    queue.push(leavingAnnouncement(TASK_ID));
    await Promise.all(ends);
    expect(drains).toEqual([expect.objectContaining({ reason: 'leaving', announced: true })]);
  });

  test('not before its load balancer drains it: until then it serves new streams', async () => {
    queue.push(leavingAnnouncement(TASK_ID));
    await until(() => queue.deleted.length === 1);
    const [end] = await openStreams(1);
    expect((await get('/readyz')).status).toBe(200);
    state = 'draining';
    await end;
    expect(drains).toHaveLength(1);
  });

  test('from nothing but SIGTERM, if the announcement is that of another task', async () => {
    state = 'draining';
    queue.push(leavingAnnouncement('another'));
    await until(() => queue.deleted.length === 1);
    expect((await get('/readyz')).status).toBe(200);
    await service.stop();
    expect(drains).toEqual([expect.objectContaining({ reason: 'stopping', announced: false })]);
  });
});
