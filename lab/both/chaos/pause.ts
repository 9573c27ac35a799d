import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after `ms`, or at once when the signal aborts. Answers whether the time has passed. */
export async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await sleep(ms, undefined, { signal });
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

/** Runs `work` again and again, with the waits that `nextWaitMs` draws, until the signal aborts. */
export async function repeatedly(nextWaitMs: () => number, signal: AbortSignal, work: () => void | Promise<void>): Promise<void> {
  while (await pause(nextWaitMs(), signal)) await work();
}

/** Polls until `done` holds. Answers false when it does not within `timeoutMs`. */
export async function eventually(done: () => boolean | Promise<boolean>, timeoutMs: number, everyMs = 250): Promise<boolean> {
  const deadlineMs = Date.now() + timeoutMs;
  while (!(await done())) {
    if (Date.now() >= deadlineMs) return false;
    await sleep(everyMs);
  }
  return true;
}
