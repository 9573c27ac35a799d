import * as fc from 'fast-check';
import { run } from './run.ts';
import { scenario } from './scenario.ts';
import { drawnSteps } from './steps.ts';
import type { Wiring } from './wiring.ts';

export interface ModelOptions {
  readonly runs: number;
  readonly seed: number | undefined;
  readonly path: string | undefined;
  /** Looks for a smaller scenario that fails too, which takes some hundred runs more. */
  readonly shrinks: boolean;
}

/** @returns a report of the first failure, or undefined when every run kept the promises */
export function playModel(wiring: Wiring, options: ModelOptions): Promise<string | undefined> {
  return check(
    fc.asyncProperty(scenario, fc.scheduler(), (plan, scheduler) => run(plan, drawnSteps(scheduler), wiring)),
    options,
  );
}

/** Ten times what a run takes on a busy machine. */
const MS_PER_RUN = 500;

/** What the environment says about how a test plays: `LANES_MODEL_RUNS`, and of a failure `LANES_MODEL_SEED` and `LANES_MODEL_PATH`. */
export function optionsFromEnvironment(defaultRuns: number): { readonly options: ModelOptions; readonly timeoutMs: number } {
  const { LANES_MODEL_RUNS, LANES_MODEL_SEED: seed, LANES_MODEL_PATH: path } = process.env;
  const runs = Number(LANES_MODEL_RUNS ?? defaultRuns);
  const options = { runs, seed: seed === undefined ? undefined : Number(seed), path, shrinks: path !== undefined };
  return { options, timeoutMs: Math.max(60_000, runs * MS_PER_RUN) };
}

/** Plays runs of a plan and a scheduler. @returns a report of the first failure */
export async function check<Plan>(
  property: fc.IAsyncPropertyWithHooks<[Plan, fc.Scheduler]>,
  { runs, seed, path, shrinks }: ModelOptions,
): Promise<string | undefined> {
  const details = await fc.check(property, {
    numRuns: runs,
    endOnFailure: !shrinks,
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path }),
  });
  if (!details.failed) return undefined;
  const [plan] = details.counterexample ?? [];
  return [
    `run ${details.numRuns} failed: LANES_MODEL_SEED=${details.seed} LANES_MODEL_PATH=${details.counterexamplePath}`,
    JSON.stringify(plan, undefined, 1),
    (details.errorInstance as Error | null)?.message ?? 'interrupted',
  ].join('\n\n');
}
