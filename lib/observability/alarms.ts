import { Duration } from 'aws-cdk-lib';
import type { Alarm, IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { type Lane, METRICS } from '../../backbone/contract.ts';
import type { LaneFunction } from '../lane-function.ts';
import { alarmAbove } from './alarm.ts';
import { laneMetric } from './lane-metric.ts';

const PERIOD = Duration.minutes(5);

/** Publication to delivery takes a few hundred milliseconds (FACTS section 4); seconds for a while mean that something is behind. */
const LATENCY_MS = 3_000;

/** A post that is answered 429 is tried again. This many in five minutes are no longer a few clients that do not read. */
const THROTTLED_IN_A_PERIOD = 1_000;

// lane: websocket
/** A message is taken at once; one that waits for this long has no invocation to take it. */
const QUEUE_AGE_SECONDS = 60;
// end lane

// lane: sse
/** Of what a task may have. New tasks take minutes to come. */
const NEAR_THE_LIMIT = 0.85;
// end lane

/**
 * What both lanes have: latency, 429s and unexpected errors.
 * @returns the alarm of the errors
 */
export function alarmLane(scope: Construct, lane: Lane): Alarm {
  alarmAbove(scope, 'LatencyAlarm', {
    metric: laneMetric(scope, lane, METRICS.deliveryLatency, 'p99'),
    meaning: 'Events take seconds from their publication to their delivery.',
    runbook: 'docs/operations.md#delivery-latency',
    threshold: LATENCY_MS,
    periods: 5,
  });
  alarmAbove(scope, 'ThrottledAlarm', {
    metric: laneMetric(scope, lane, METRICS.throttled).with({ period: PERIOD }),
    meaning: 'Posts or principals were answered 429 more often than a few slow or greedy clients explain.',
    runbook: 'docs/operations.md#throttles-429',
    threshold: THROTTLED_IN_A_PERIOD,
  });
  return alarmAbove(scope, 'UnexpectedErrorsAlarm', {
    metric: laneMetric(scope, lane, METRICS.unexpectedErrors).with({ period: PERIOD }),
    meaning: 'Clients were answered that the server has failed.',
    runbook: 'docs/operations.md#unexpected-errors',
  });
}

// lane: sse
/**
 * Of the SSE lane alone: its tasks bury holes, are targets, and have a limit of streams.
 * @returns the alarm of the targets
 */
export function alarmTasks(
  scope: Construct,
  { targetGroups, maxStreams }: { targetGroups: readonly ApplicationTargetGroup[]; maxStreams: number },
): Alarm {
  alarmAbove(scope, 'HolesAlarm', {
    metric: laneMetric(scope, 'sse', METRICS.holesBuried).with({ period: PERIOD }),
    meaning: 'Publishers were given a position in a channel and never wrote their event.',
    runbook: 'docs/sse/operations.md#gaps',
  });
  const period = Duration.minutes(1);
  const unhealthy = targetGroups.map(({ metrics }) => metrics.unhealthyHostCount({ statistic: 'Maximum', period }));
  const [only, ...others] = unhealthy;
  const unhealthyTargets = alarmAbove(scope, 'UnhealthyTargetsAlarm', {
    metric: only !== undefined && others.length === 0 ? only : sumOf(unhealthy, period),
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
  return unhealthyTargets;
}
// end lane

/** One alarm for the errors and one for the throttles of all functions of a stack: the graph behind it shows whose they are. */
export function alarmFunctions(scope: Construct, functions: readonly LaneFunction[]): void {
  alarmAbove(scope, 'FunctionErrorsAlarm', {
    metric: sumOf(functions.map(({ function: fn }) => fn.metricErrors({ period: PERIOD, label: fn.node.path }))),
    meaning: 'Functions have failed, or have run out of time.',
    runbook: 'docs/operations.md#lambda-errors',
  });
  alarmAbove(scope, 'FunctionThrottlesAlarm', {
    metric: sumOf(functions.map(({ function: fn }) => fn.metricThrottles({ period: PERIOD, label: fn.node.path }))),
    meaning: 'Lambda had no room for invocations of functions.',
    runbook: 'docs/operations.md#lambda-throttles',
  });
}

/** DynamoDB has refused reads or writes of a stack's tables. */
export function alarmTables(scope: Construct, tables: readonly TableV2[]): void {
  const refused = tables.flatMap(({ tableName, node }) =>
    ['ReadThrottleEvents', 'WriteThrottleEvents'].map(
      (metricName) =>
        new Metric({
          namespace: 'AWS/DynamoDB',
          metricName,
          dimensionsMap: { TableName: tableName },
          statistic: 'Sum',
          period: PERIOD,
          label: `${node.path} ${metricName}`,
        }),
    ),
  );
  alarmAbove(scope, 'TableThrottlesAlarm', {
    metric: sumOf(refused),
    meaning: 'DynamoDB has refused reads or writes.',
    runbook: 'docs/operations.md#dynamodb-throttles',
  });
}

// lane: websocket
/** Messages wait longer than an idle function lets them. */
export function alarmQueues(queues: readonly Queue[], meaning: string): readonly Alarm[] {
  return queues.map((queue) =>
    alarmAbove(queue, 'AgeAlarm', {
      metric: queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: Duration.minutes(1) }),
      meaning,
      runbook: 'docs/websocket/operations.md#queue-age',
      threshold: QUEUE_AGE_SECONDS,
      periods: 3,
    }),
  );
}
// end lane

function sumOf(metrics: readonly Metric[], period = PERIOD): IMetric {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  // A metric that has no data in a period would leave the sum without data too.
  const terms = Object.keys(usingMetrics).map((id) => `FILL(${id}, 0)`);
  return new MathExpression({ expression: terms.join(' + '), usingMetrics, period, label: 'sum' });
}
