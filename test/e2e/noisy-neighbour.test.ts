import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { METRICS, SSE_ENV } from '../../backbone/contract.ts';
import { Crowd } from '../../bench/noisy-neighbour/crowd.ts';
import { type Offenders, startOffenders } from '../../bench/noisy-neighbour/offenders.ts';
import { freshChannel } from './support/clients.ts';
import { type InProcessRun, metricTotal, startInProcess, until } from './support/in-process.ts';

const STREAMS = 200;

/** More than the four sockets from a task over the balancer to a client hold: a task learns only then that the client does not read. */
const SOCKETS_HOLD_BYTES = 32 * 1024 * 1024;

let world: InProcessRun;
let crowd: Crowd;
let offenders: Offenders | undefined;

const serviceOf = ({ run }: InProcessRun) => ({ base: run.urls.http, token: run.token });

beforeAll(async () => {
  world = await startInProcess({ environment: { [SSE_ENV.maxUnsentBytes]: '65536' } });
  crowd = new Crowd(serviceOf(world), freshChannel('crowd'));
}, 60_000);

afterAll(async () => {
  await offenders?.stop();
  crowd.close();
  await world.run.close();
}, 30_000);

test('beside a client that stops reading and one that floods, 200 streams get every event once and in order; the stuck one is cut off and counted', async () => {
  const { service, lines } = world;
  await crowd.open(STREAMS);
  offenders = await startOffenders({ service: serviceOf(world), channel: freshChannel('noise'), dataBytes: 90_000 });
  let published = 0;
  while (offenders.unreadBytes() < SOCKETS_HOLD_BYTES) {
    const period = await crowd.period(3, 10);
    expect(period.wrong).toBe(0);
    published += period.published;
  }
  expect(published).toBeGreaterThan(0);
  expect(offenders.requests()).toBeGreaterThan(published);
  await offenders.stop();
  crowd.close();
  // Counts are written once a minute, and at the end of a task.
  await Promise.all(service.tasks.map(({ id }) => service.stop(id, { deregistrationDelayMs: 0 })));
  await until('the count is written', () => metricTotal(lines, METRICS.slowStreamsClosed) > 0);
}, 300_000);
