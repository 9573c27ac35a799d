import type { Stage } from './config.ts';
import { distributionRules, sseRules } from './sse/sse-timeouts.ts';
import { FIXED_TIMES, type FixedTimes, type TimeoutRule } from './timeout-rule.ts';
import { websocketBudgetRules } from './websocket/websocket-budget.ts';
import { websocketRules } from './websocket/websocket-timeouts.ts';

/** Timeouts of a stage contradict each other. The message names both numbers of each contradiction and why it matters. */
export class TimeoutConflictError extends Error {
  override readonly name = 'TimeoutConflictError';
}

/** Every rule, with the numbers of a stage in it. */
export function timeoutRules(stage: Stage, fixed: FixedTimes = FIXED_TIMES): readonly TimeoutRule[] {
  return [
    ...backboneRules(stage, fixed),
    // lane: sse
    ...sseRules(stage, fixed),
    ...distributionRules(stage, fixed),
    // end lane
    // lane: websocket
    ...websocketRules(stage, fixed),
    ...websocketBudgetRules(stage, fixed),
    // end lane
  ];
}

function backboneRules({ backbone }: Stage, fixed: FixedTimes): readonly TimeoutRule[] {
  return [
    {
      left: {
        name: `backbone.publishTimeoutMs + ${fixed.appendLimitMs}`,
        value: backbone.publishTimeoutMs + fixed.appendLimitMs,
      },
      relation: '<',
      right: { name: 'backbone.holeGraceMs', value: backbone.holeGraceMs },
      unit: 'ms',
      reason: 'a consumer buries a hole after the grace period, and relies on the last write of its publisher having settled before',
    },
    {
      left: { name: 'backbone.publishTimeoutMs', value: backbone.publishTimeoutMs },
      relation: '<',
      right: { name: 'backbone.publishFunctionTimeoutSeconds', value: backbone.publishFunctionTimeoutSeconds * 1_000 },
      unit: 'ms',
      reason: 'a function that is stopped before the publisher gives up leaves a hole and no error that explains it',
    },
    {
      left: { name: 'backbone.holeGraceMs', value: backbone.holeGraceMs },
      relation: '<',
      right: { name: 'backbone.retentionHours', value: backbone.retentionHours * 3_600_000 },
      unit: 'ms',
      reason: 'a hole must be buried while its neighbours can still be replayed',
    },
  ];
}

/** Whether a rule is kept. */
export const holds = ({ left, relation, right }: TimeoutRule): boolean =>
  relation === '<' ? left.value < right.value : left.value <= right.value;

const explain = ({ left, relation, right, unit, reason }: TimeoutRule): string =>
  `  ${left.name} (${left.value} ${unit}) must be ${relation} ${right.name} (${right.value} ${unit}): ${reason}`;

/**
 * Checks that the timeouts of a stage agree with each other across services that know nothing of one another.
 *
 * @param fixed @default those that hold
 * @throws TimeoutConflictError
 */
export function checkTimeouts(stage: Stage, fixed: FixedTimes = FIXED_TIMES): void {
  const conflicts = timeoutRules(stage, fixed).filter((rule) => !holds(rule));
  if (conflicts.length > 0) {
    throw new TimeoutConflictError(`The timeouts of stage ${stage.id} contradict each other:\n${conflicts.map(explain).join('\n')}`);
  }
}
