import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { QueueMessage, TargetState } from '../../backbone/ports.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import { type Service, startService } from '../../fargate/service.ts';
import { MemoryEventBus } from '../support/memory-event-bus.ts';
import { MemoryEventLog } from '../support/memory-event-log.ts';
import { silentLogger } from './support/hub-world.ts';

const DRAIN_MS = 300;

let service: Service;
let state: TargetState;
let queueClosed: boolean;

beforeEach(async () => {
  state = 'registered';
  queueClosed = false;
  service = await startService({
    config: {
      host: '127.0.0.1',
      port: 0,
      heartbeatIntervalMs: 15_000,
      headCheckIntervalMs: 30_000,
      retryMinMs: 1_000,
      retryMaxMs: 2_000,
      maxStreams: 100,
      maxStreamsPerPrincipal: 10,
      maxUnsentBytes: 1_000_000,
      drainMs: DRAIN_MS,
      targetHealthIntervalMs: 20,
      keepAliveMs: 1_000,
      consoleConfig: '',
      retentionMs: 3_600_000,
      graceMs: 5_000,
      publishTimeoutMs: 2_000,
    },
    log: new MemoryEventLog({ clock: systemClock, retentionMs: 3_600_000 }),
    bus: new MemoryEventBus(),
    openQueue: async () => ({
      receive: (signal) =>
        new Promise<readonly QueueMessage[]>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      delete: async () => {},
      close: async () => {
        queueClosed = true;
      },
    }),
    targetHealth: { state: async () => state },
    clock: systemClock,
    logger: silentLogger,
    files: () => undefined,
    writeMetrics: () => {},
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
  expect(queueClosed).toBe(false);
});

test('SIGTERM after such a drain removes the queue', async () => {
  const ends = await openStreams(1);
  state = 'draining';
  await Promise.all(ends);
  await service.stop();
  expect(queueClosed).toBe(true);
});
