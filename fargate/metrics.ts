import { METRICS, METRICS_NAMESPACE } from '../backbone/contract.ts';
import type { StreamReport } from './stream-server.ts';

/** Has no task in it: the average of `OpenStreams` over all tasks is what autoscaling follows. */
const DIMENSIONS = { service: 'sse' };

/**
 * One line in CloudWatch's embedded metric format. Zeros are there too: a metric that stops while nothing happens
 * would leave its alarms and its autoscaling without data.
 */
export function encodeMetrics(report: StreamReport, nowMs: number): string {
  const values = {
    [METRICS.openStreams]: report.openStreams,
    [METRICS.deliveries]: report.deliveries,
    [METRICS.slowStreamsClosed]: report.slowStreamsClosed,
    [METRICS.holesBuried]: report.holesBuried,
    [METRICS.refusedStreams]: report.refusedFull,
    [METRICS.limitedStreams]: report.refusedOverLimit,
  };
  const metrics = Object.keys(values).map((name) => ({ Name: name, Unit: 'Count' }));
  return JSON.stringify({
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [{ Namespace: METRICS_NAMESPACE, Dimensions: [Object.keys(DIMENSIONS)], Metrics: metrics }],
    },
    ...DIMENSIONS,
    ...values,
  });
}
