import { createLog } from '../../packages/assembly-local/log.ts';
import { type LocalRun, startLocalRun } from '../../packages/assembly-local/run.ts';
import { synthesize } from '../../packages/assembly-local/synth.ts';

/** Of seven notifications for a queue, one is lost, one comes twice, and one comes after those that follow it. */
const ROUND = 7;
const LOST = 3;
const TWICE = 5;
const LATE = 1;
const LATE_MS = 400;

/** Starts the app in this process, with a topic that loses, repeats and reorders notifications. @param folder for the assembly */
export async function startFaultyRun(folder: string, signal: AbortSignal): Promise<LocalRun> {
  await synthesize(folder, 'dev', { env: process.env, signal });
  const run = await startLocalRun({ assemblyDir: folder, tasks: 1, ports: 'free', log: createLog({ verbose: false }) });
  const counts = new Map<string, number>();
  run.faults.notification = (queue, body, deliver) => {
    const count = counts.get(queue) ?? 0;
    counts.set(queue, count + 1);
    const turn = count % ROUND;
    if (turn === LOST) return;
    if (turn === LATE) setTimeout(() => deliver(body), LATE_MS);
    else deliver(body);
    if (turn === TWICE) deliver(body);
  };
  return run;
}
