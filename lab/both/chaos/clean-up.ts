import type { LocalRun } from '../../../packages/assembly-local/run.ts';
import type { AwsAccess } from './aws-access.ts';
import type { Ledger } from './ledger.ts';
import { isClean, type Leftovers, leftoversOf } from './leftovers.ts';
import { eventually } from './pause.ts';
import { httpLane } from './publishers/http-lane.ts';

/** What cleans up by itself (a task at its end, the rule on its stop, `$disconnect`) has done so by then. */
const OWN_CLEANERS_MS = 15_000;

const SWEEPS_MS = 30_000;

/** The sweeps spare queues younger than 10 min and connections younger than 15 min, as they stand in production too. */
const SWEEP_AGE_MS = 16 * 60_000;

/** Waits for the cleaners, then fires the sweeps as their schedules would, and answers what was left before and after. */
export async function cleanUp(
  run: LocalRun,
  access: AwsAccess,
  channels: readonly string[],
): Promise<{ readonly before: Leftovers; readonly after: Leftovers }> {
  const leftovers = leftoversOf(run, access);
  try {
    await eventually(async () => isClean(await leftovers.find()), OWN_CLEANERS_MS);
    const before = await leftovers.find();
    // The fan-out of an event meets every subscription whose connection has gone without a word.
    const farewell = httpLane(run.urls.http, () => run.token);
    await Promise.all(
      channels.map((channel) => farewell.send({ channel, type: 'message', data: 'farewell', key: 'farewell', firstTriedAtMs: Date.now() })),
    );
    run.queues.age(SWEEP_AGE_MS);
    await leftovers.ageConnections(SWEEP_AGE_MS);
    run.fireSchedules();
    await eventually(async () => isClean(await leftovers.find()), SWEEPS_MS);
    return { before, after: await leftovers.find() };
  } finally {
    leftovers.close();
  }
}

/** Keys of accepted events that could not be published and were put aside for an operator. */
export function deadLetterKeys(run: LocalRun, ledger: Ledger): ReadonlySet<string> {
  const bodies = run.queues.list().flatMap((queue) => (/dead/i.test(queue.name) ? queue.bodies() : []));
  const accepted = ledger.publications.filter(({ acceptedAtMs }) => acceptedAtMs !== undefined);
  // In the data the key is followed by a space, so that no key is found in a longer one.
  return new Set(accepted.flatMap(({ key }) => (bodies.some((body) => body.includes(`${key} `)) ? [key] : [])));
}
