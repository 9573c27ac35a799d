import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { type InProcessRun, startInProcess } from '../support/in-process.ts';
import { drainsIn, serviceOf } from './support/service.ts';
import { openSse } from './support/streams.ts';

/** Far more than two looks at the target health and the drain. */
const DEREGISTRATION_DELAY_MS = 60_000;

let world: InProcessRun;

beforeAll(async () => {
  world = await startInProcess({ tasks: 1, settings: { drainSeconds: 1, targetHealthIntervalSeconds: 2 } });
}, 60_000);

afterAll(() => world.run.close(), 30_000);

// The rolling deploy tests the other way: its tasks do not look for as long as it takes.
test('a task whose end is not announced notices it by its target health, and leaves ahead of SIGTERM', async () => {
  const { run, lines } = world;
  run.faults.loseTaskEvent = (_, status) => status === 'DEACTIVATING';
  const service = serviceOf(run);
  const [old] = service.tasks;
  const stream = await openSse(run.urls.http, `channel=${freshChannel('leaving')}`);
  expect(stream.status).toBe(200);
  await service.start();
  const stopped = service.stop(old?.id ?? '', { deregistrationDelayMs: DEREGISTRATION_DELAY_MS });
  await until('the task drains', () => drainsIn(lines).length > 0);
  expect(drainsIn(lines)).toEqual([{ reason: 'leaving', announced: 'false' }]);
  await stopped;
  expect(await old?.exited).toBe(0);
  stream.close();
}, 120_000);
