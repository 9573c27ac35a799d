import { setImmediate } from 'node:timers/promises';
import type { ManualClock } from '../../../support/manual-clock.ts';

const LIMIT_MS = 3_600_000;

/** Lets time pass, in small steps and only while something sleeps, until the work is done. */
export async function runToEnd<T>(clock: ManualClock, work: Promise<T>, stepMs = 10): Promise<T> {
  let done = false;
  const end = () => {
    done = true;
  };
  work.then(end, end);
  for (const limitMs = clock.nowMs() + LIMIT_MS; !done; ) {
    await setImmediate();
    if (!done && clock.sleeping > 0) await clock.advance(stepMs);
    if (clock.nowMs() > limitMs) throw new Error(`not done after ${LIMIT_MS} ms of the manual clock`);
  }
  return work;
}
