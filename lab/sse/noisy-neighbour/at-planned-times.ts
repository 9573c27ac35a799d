import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Does something so many times a second whatever it takes, and answers the milliseconds that each took from the time planned
 * for it, sorted. A service that stands still would otherwise be asked only once while it does.
 *
 * @param act resolves when it is over; what rejects took for ever
 */
export async function atPlannedTimes(
  seconds: number,
  perSecond: number,
  act: (index: number) => Promise<unknown>,
): Promise<readonly number[]> {
  const startMs = performance.now();
  const acts: Promise<number>[] = [];
  for (let index = 0; index < seconds * perSecond; index++) {
    const plannedMs = startMs + (index * 1_000) / perSecond;
    await sleep(Math.max(0, plannedMs - performance.now()));
    acts.push(
      act(index).then(
        () => performance.now() - plannedMs,
        () => Number.POSITIVE_INFINITY,
      ),
    );
  }
  return (await Promise.all(acts)).sort((a, b) => a - b);
}
