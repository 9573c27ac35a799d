import { Duration } from 'aws-cdk-lib';
import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { METRICS } from '../../backbone/contract.ts';
import type { LaneFunction } from '../lane-function.ts';
import { alarmAbove } from './alarm.ts';
import { laneMetric } from './lane-metric.ts';

const PERIOD = Duration.minutes(5);

/**
 * Publication to delivery takes a few hundred milliseconds at most; seconds for a while mean that something
 * is falling behind.
 */
const LATENCY_MS = 3_000;

/**
 * A post answered with 429 is tried again. This many in five minutes are more than a few clients that do not
 * read.
 */
const THROTTLED_IN_A_PERIOD = 1_000;

/** Alarms of every lane on its load: latency and 429s. */
export function alarmLane(scope: Construct, lane: string): void {
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
}

/** The alarm of every lane, in every stage. */
export function alarmErrors(scope: Construct, lane: string): void {
  alarmAbove(scope, 'UnexpectedErrorsAlarm', {
    metric: laneMetric(scope, lane, METRICS.unexpectedErrors).with({ period: PERIOD }),
    meaning: 'Clients were answered that the server has failed.',
    runbook: 'docs/operations.md#unexpected-errors',
  });
}

/**
 * One alarm for the errors and one for the throttles of all functions of a stack: the graph behind the alarm
 * shows which function it is.
 */
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

/** DynamoDB has rejected reads or writes of a stack's tables. */
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

function sumOf(metrics: readonly Metric[]): IMetric {
  const usingMetrics = Object.fromEntries(metrics.map((metric, index) => [`m${index}`, metric]));
  // A metric without data in a period would leave the sum without data too.
  const terms = Object.keys(usingMetrics).map((id) => `FILL(${id}, 0)`);
  return new MathExpression({ expression: terms.join(' + '), usingMetrics, period: PERIOD, label: 'sum' });
}
