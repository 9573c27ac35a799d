import { Duration } from 'aws-cdk-lib';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { METRICS } from '../../backbone/contract.ts';
import { alarmAbove } from '../observability/alarm.ts';
import { laneMetric } from '../observability/lane-metric.ts';

/** The part of a task's stream limit at which the alarm fires. New tasks take minutes to start. */
const NEAR_THE_LIMIT = 0.85;

/**
 * Alarms that only the SSE lane has: its tasks tombstone gaps, are targets of a load balancer, and have a
 * limit of streams.
 */
export function alarmTasks(
  scope: Construct,
  { targetGroup, maxStreams }: { targetGroup: ApplicationTargetGroup; maxStreams: number },
): void {
  alarmAbove(scope, 'HolesAlarm', {
    metric: laneMetric(scope, 'sse', METRICS.gapsTombstoned).with({ period: Duration.minutes(5) }),
    meaning: 'Publishers were given a position in a channel and never wrote their event.',
    runbook: 'docs/sse/operations.md#gaps',
  });
  alarmAbove(scope, 'UnhealthyTargetsAlarm', {
    metric: targetGroup.metrics.unhealthyHostCount({ statistic: 'Maximum', period: Duration.minutes(1) }),
    meaning: 'Tasks do not answer the health check of the load balancer.',
    runbook: 'docs/sse/operations.md#unhealthy-targets',
    periods: 5,
  });
  alarmAbove(scope, 'StreamsNearLimitAlarm', {
    metric: laneMetric(scope, 'sse', METRICS.openConnections, 'Maximum'),
    meaning: 'A task has nearly all the streams that it may have, and will refuse new ones.',
    runbook: 'docs/sse/operations.md#streams-near-the-limit',
    threshold: Math.floor(maxStreams * NEAR_THE_LIMIT),
    periods: 5,
  });
}
