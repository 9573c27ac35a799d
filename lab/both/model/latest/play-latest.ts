import * as fc from 'fast-check';
import { check, type ModelOptions } from '../play-model.ts';
import { drawnSteps } from '../steps.ts';
import { runLatest } from './latest-run.ts';
import { latestScenario } from './latest-scenario.ts';
import type { LatestWiring } from './latest-wiring.ts';

/** @returns a report of the first failure, or undefined when every run kept the promise */
export function playLatest(wiring: LatestWiring, options: ModelOptions): Promise<string | undefined> {
  return check(
    fc.asyncProperty(latestScenario, fc.scheduler(), (plan, scheduler) => runLatest(plan, drawnSteps(scheduler), wiring)),
    options,
  );
}
