import { Duration, Stack } from 'aws-cdk-lib';
import { Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { IConstruct } from 'constructs';
import { METRICS_NAMESPACE, type MetricName } from '../../backbone/contract.ts';

/**
 * A metric of a lane.
 * @param scope anything in the lane's stack
 * @param statistic @default Sum
 */
export function laneMetric(scope: IConstruct, lane: string, metricName: MetricName, statistic = 'Sum'): Metric {
  return new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    // The dimensions that the lane's functions and tasks set on all their metrics.
    dimensionsMap: { stack: Stack.of(scope).stackName, lane },
    statistic,
    period: Duration.minutes(1),
  });
}
