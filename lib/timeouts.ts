import { backboneRules } from './backbone/backbone-rules.ts';
import { LANES, type Stage, settingsOf } from './stage.ts';
import { explain, holds, type TimeoutRule } from './timeout-rule.ts';

/**
 * Timeouts of a stage contradict each other. The message names both numbers of each contradiction and why it
 * matters.
 */
export class TimeoutConflictError extends Error {
  override readonly name = 'TimeoutConflictError';
}

/** Every rule, with a stage's numbers filled in. */
export const timeoutRules = (stage: Stage): readonly TimeoutRule[] => [
  ...backboneRules(stage),
  ...LANES.flatMap((lane) => lane.rules(stage, settingsOf(stage, lane))),
];

/**
 * Checks that the timeouts of a stage agree across services that know nothing of each other.
 * @throws TimeoutConflictError
 */
export function checkTimeouts(stage: Stage): void {
  const broken = timeoutRules(stage).filter((rule) => !holds(rule));
  if (broken.length > 0) {
    throw new TimeoutConflictError(`The timeouts of stage ${stage.id} contradict each other:\n${broken.map(explain).join('\n')}`);
  }
}
