import * as fc from 'fast-check';
import { run } from './run.ts';
import { type Scenario, scenario } from './scenario.ts';
import type { Wiring } from './wiring.ts';

export interface ModelOptions {
  readonly runs: number;
  readonly seed: number | undefined;
  readonly path: string | undefined;
  /** Looks for a smaller scenario that fails too, which takes some hundred runs more. */
  readonly shrinks: boolean;
}

/** @returns a report of the first failure, or undefined when every run kept the promises */
export async function playModel(wiring: Wiring, { runs, seed, path, shrinks }: ModelOptions): Promise<string | undefined> {
  const property = fc.asyncProperty(scenario, fc.scheduler(), (plan, scheduler) => run(plan, scheduler, wiring));
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
    describe(plan),
    (details.errorInstance as Error | null)?.message ?? 'interrupted',
  ].join('\n\n');
}

/** Plays the model as often as the environment says. @throws with seed, path, scenario and everything that happened */
export async function assertModel(wiring: Wiring, runs: number): Promise<void> {
  const { LANES_MODEL_RUNS: wanted, LANES_MODEL_SEED: seed, LANES_MODEL_PATH: path } = process.env;
  const report = await playModel(wiring, {
    runs: wanted === undefined ? runs : Number(wanted),
    seed: seed === undefined ? undefined : Number(seed),
    path,
    shrinks: true,
  });
  if (report !== undefined) throw new Error(report);
}

function describe(plan: Scenario | undefined): string {
  return JSON.stringify(plan, undefined, 1);
}
