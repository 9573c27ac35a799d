import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pLimit from 'p-limit';
import { METRICS, SETTINGS_VARIABLE } from '../../../backbone/contract.ts';
import { prod } from '../../../lib/stages/prod.ts';
import { withSettings } from '../../../packages/assembly-local/settings.ts';
import { serviceOf } from '../../../test/e2e/sse/support/service.ts';
import { freshChannel } from '../../../test/e2e/support/clients.ts';
import { type InProcessRun, metricTotal, startInProcess } from '../../../test/e2e/support/in-process.ts';
import { assemblyDir } from '../../../test/e2e/support/run.ts';
import { until } from '../../../test/support/until.ts';
import { type CellResult, measureCell } from '../../sse/noisy-neighbour/cell.ts';
import { Crowd } from '../../sse/noisy-neighbour/crowd.ts';
import { OFFENDERS, type OffenderName } from '../../sse/noisy-neighbour/offenders/catalog.ts';
import { type Flood, startFlood } from '../../sse/noisy-neighbour/offenders/flood.ts';
import { LIMITS } from '../../sse/noisy-neighbour/verdict.ts';
import { readTaskSettings, type TaskSettings } from '../../sse/task/settings.ts';
import { startTaskIssuer, type TaskIssuer } from '../../sse/task/task-process.ts';

const STREAMS = 200;

/** A developer is the one user that there is, so the stage that is synthesized for these tests has no limits to speak of. */
function productionSettings(): TaskSettings {
  const { environment } = readTaskSettings(assemblyDir());
  const settings = withSettings(SETTINGS_VARIABLE, environment[SETTINGS_VARIABLE] ?? '', prod.sse.task);
  return { memoryBytes: prod.sse.task.memoryMb * 1024 * 1024, environment: { ...environment, [SETTINGS_VARIABLE]: settings } };
}

/** More than the four sockets from a task over the balancer to a client hold: a task learns only then that the client does not read. */
const SOCKETS_HOLD_BYTES = 32 * 1024 * 1024;

describe('beside a client that stops reading and one that floods', () => {
  let world: InProcessRun;
  let crowd: Crowd;
  let flood: Flood | undefined;

  const endOf = ({ run }: InProcessRun) => ({ base: run.urls.http, token: run.token });

  beforeAll(async () => {
    world = await startInProcess({ settings: { maxUnsentBytes: 65_536 } });
    crowd = new Crowd([endOf(world)], freshChannel('crowd'));
  }, 60_000);

  afterAll(async () => {
    await flood?.stop();
    crowd.close();
    await world.run.close();
  }, 30_000);

  test('200 streams get every event once and in order; the stuck one is cut off and counted', async () => {
    const { lines, run } = world;
    await crowd.open(STREAMS);
    const { base, token } = endOf(world);
    flood = startFlood({ base, tokens: [token], heads: {} }, { channel: freshChannel('noise'), dataBytes: 90_000 });
    let published = 0;
    while (flood.unreadBytes() < SOCKETS_HOLD_BYTES) {
      const period = await crowd.period(3, 10);
      expect(period.wrong).toBe(0);
      published += period.published;
    }
    expect(published).toBeGreaterThan(0);
    await flood.stop();
    crowd.close();
    // Counts are written once a minute, and at the end of a task.
    const service = serviceOf(run);
    await Promise.all(service.tasks.map(({ id }) => service.stop(id, { deregistrationDelayMs: 0 })));
    await until('the count is written', () => metricTotal(lines, METRICS.slowStreamsClosed) > 0);
  }, 300_000);
});

describe('a task with the limits of production, hostile users, and normal ones', () => {
  /** Enough to tell an event that is lost and memory that grows; `npm run bench:noisy` takes longer periods, and up to 200 users. */
  const SHORT = { hostileUsers: 20, seconds: 1, streams: 20, perSecond: 10 };

  /** Taken, or refused with a reason: 408 for a body that never ends. */
  const ANSWERS = ['200', '408', '429', '503'];

  const kinds = (Object.keys(OFFENDERS) as OffenderName[]).filter((name) => name !== 'flood');
  const over = new AbortController();
  const settings = productionSettings();
  let issuer: TaskIssuer;
  let results: ReadonlyMap<OffenderName, Promise<CellResult>>;

  beforeAll(async () => {
    issuer = await startTaskIssuer();
    // Two tasks at a time: most of it is waiting.
    const two = pLimit(2);
    results = new Map(
      kinds.map((offender) => [
        offender,
        two(() => measureCell({ ...SHORT, offender, settings, issuer, logLatencyMs: 1, signal: over.signal })),
      ]),
    );
    // Avoids an unhandled rejection before a test awaits it.
    void Promise.allSettled(results.values());
  });

  afterAll(async () => {
    over.abort();
    await Promise.allSettled(results.values());
    issuer.close();
  }, 180_000);

  test.each(kinds)(
    '%s: memory is bounded, nobody loses an event, and whoever is refused is told why',
    async (offender) => {
      const { calm, noisy, memory, outcomes, violation } = (await results.get(offender)) as CellResult;
      expect(memory.died).toBe(false);
      // What the kernel holds for clients that do not read differs by machine: the bench counts it.
      expect(memory.residentBytes).toBeLessThan(LIMITS.memoryShare * settings.memoryBytes);
      expect([calm, noisy].map(({ live, resumes }) => live.wrong + resumes.wrong)).toEqual([0, 0]);
      // A client that was cut after it had its answer is one too.
      expect([...ANSWERS, 'cut']).toEqual(expect.arrayContaining(Object.keys(outcomes)));
      expect(violation).toBeUndefined();
    },
    // The cells before it are measured first.
    300_000,
  );
});
