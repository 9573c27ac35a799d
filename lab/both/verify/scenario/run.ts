import { publishFunction } from '../../../../scripts/verify-stage/scenario/deliveries.ts';
import { SCENARIO } from '../../../../scripts/verify-stage/scenario/scenario.ts';
import { type Outcome, runSteps, type Step } from '../../../../scripts/verify-stage/scenario/step.ts';
import { endOfToken, refusals } from './access.ts';
import { deadLetters, disconnects } from './left-behind.ts';
import { stageCommand } from './stage-command.ts';
import { lostTask, stoppedTasks } from './tasks.ts';
import type { Account, World } from './world.ts';

/** In this order: the last ones take the tasks away. */
export const WITH_CLIENTS: readonly Step<World>[] = [
  refusals,
  ...SCENARIO,
  endOfToken,
  deadLetters,
  disconnects,
  stageCommand,
  lostTask,
  stoppedTasks,
];

/** What needs no client. */
export const WITHOUT_CLIENTS: readonly Step<Account>[] = [publishFunction, deadLetters];

/**
 * Uses what was deployed, and prints what was seen.
 * @returns how each step ended
 * @throws ScenarioError naming the step that failed, or the signal's reason when it aborts first
 */
export async function runScenario<T extends Account>(
  steps: readonly Step<T>[],
  target: T,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for await (const outcome of runSteps(steps, target, signal)) {
    if (outcome.kind === 'failed') throw outcome.error;
    if (outcome.kind === 'ok') print(`ok: ${outcome.name}\n    ${outcome.seen} (${outcome.seconds.toFixed(1)} s)`);
    outcomes.push(outcome);
  }
  return outcomes;
}
