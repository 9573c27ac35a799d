import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { type InProcessRun, startInProcess } from '../support/in-process.ts';
import { PlainReader } from './support/plain-reader.ts';
import { drainsIn, serviceOf } from './support/service.ts';
import { publish } from './support/streams.ts';

const STREAMS = 500;
const TASKS = 2;
const DRAIN_SECONDS = 8;
/** Longer than a stage needs: on a busy machine a task may look late at its target health. */
const DEREGISTRATION_DELAY_MS = 30_000;
const PUBLISH_INTERVAL_MS = 100;

let world: InProcessRun;
let readers: readonly PlainReader[] = [];

beforeAll(async () => {
  world = await startInProcess({ tasks: TASKS, settings: { drainSeconds: DRAIN_SECONDS, targetHealthIntervalSeconds: 900 } });
}, 60_000);

afterAll(async () => {
  for (const reader of readers) reader.close();
  await world.run.close();
}, 30_000);

/** One line per second: how many came back, as a number and as a bar. */
function histogram(title: string, perSecond: readonly number[]): string {
  const lines = perSecond.map((count, second) => `${String(second).padStart(4)} s ${String(count).padStart(4)} ${'#'.repeat(count / 2)}`);
  return [title, ...lines].join('\n');
}

function countPerSecond(timesMs: readonly number[], startMs: number): readonly number[] {
  const perSecond: number[] = [];
  for (const timeMs of timesMs) {
    const second = Math.floor((timeMs - startMs) / 1_000);
    while (perSecond.length <= second) perSecond.push(0);
    perSecond[second] = (perSecond[second] ?? 0) + 1;
  }
  return perSecond;
}

test('all tasks are replaced one by one under 500 plain streams: no event is lost or duplicated, and clients reconnect spread over the drain', async () => {
  const { run, lines } = world;
  const service = serviceOf(run);
  const channel = freshChannel('rolling');
  const reconnectedAtMs: number[] = [];
  readers = Array.from(
    { length: STREAMS },
    () => new PlainReader({ base: run.urls.http, channel, onReconnect: () => reconnectedAtMs.push(performance.now()) }),
  );
  await Promise.all(readers.map((reader) => reader.open()));

  const rolled = new AbortController();
  let acknowledged = 0;
  const publishing = (async () => {
    while (!rolled.signal.aborted) {
      await publish(run.urls.http, channel, `event ${acknowledged}`);
      acknowledged++;
      await sleep(PUBLISH_INTERVAL_MS);
    }
  })();

  // As ECS does: start the new task, wait until it is healthy, deregister the old one, SIGTERM after the delay.
  const before = service.tasks;
  const rolls: { readonly perSecond: readonly number[]; readonly total: number }[] = [];
  for (const old of before) {
    await service.start();
    const startMs = performance.now();
    const known = reconnectedAtMs.length;
    await service.stop(old.id, { deregistrationDelayMs: DEREGISTRATION_DELAY_MS });
    expect(await old.exited).toBe(0);
    await until('every stream is open again', () => readers.every(({ isOpen }) => isOpen));
    const timesMs = reconnectedAtMs.slice(known);
    rolls.push({ perSecond: countPerSecond(timesMs, startMs), total: timesMs.length });
  }
  rolled.abort();
  await publishing;
  await until('every reader has every event', () => readers.every(({ seqs }) => seqs.length >= acknowledged), 60_000);

  for (const [index, { perSecond }] of rolls.entries()) {
    process.stdout.write(`${histogram(`reconnects per second after task ${index + 1} was deregistered`, perSecond)}\n`);
  }
  expect(readers.flatMap(({ complaints }) => complaints)).toEqual([]);
  const expected = Array.from({ length: acknowledged }, (_, index) => index + 1);
  for (const { seqs } of readers) expect(seqs).toEqual(expected);
  // One may have come back to the task that was replaced next.
  expect(rolls.reduce((sum, { total }) => sum + total, 0)).toBeGreaterThanOrEqual(STREAMS);
  // Against the drain window and not against the time between the first and the last: else a single spike would be its own average.
  for (const { perSecond, total } of rolls) expect(Math.max(...perSecond)).toBeLessThanOrEqual((3 * total) / DRAIN_SECONDS);
  // Every task drained ahead of SIGTERM, because ECS announced its end: none looks at its target health by itself for so long.
  expect(drainsIn(lines)).toEqual(before.map(() => ({ reason: 'leaving', announced: 'true' })));
}, 180_000);
