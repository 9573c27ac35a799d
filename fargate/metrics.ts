import { METRICS, METRICS_NAMESPACE } from '../backbone/contract.ts';
import type { HubCounts } from './hub/hub.ts';

/** Has no task in it: the average of `OpenStreams` over all tasks is what autoscaling follows. */
const DIMENSIONS = { service: 'sse' };

/**
 * One line in CloudWatch's embedded metric format. Zeros are there too: a metric that stops while nothing happens
 * would leave its alarms and its autoscaling without data.
 */
export function encodeMetrics(openStreams: number, counts: HubCounts, nowMs: number): string {
  const values = {
    [METRICS.openStreams]: openStreams,
    [METRICS.deliveries]: counts.deliveries,
    [METRICS.slowStreamsClosed]: counts.slowStreamsClosed,
    [METRICS.holesBuried]: counts.holesBuried,
    [METRICS.refusedStreams]: counts.refusedFull,
    [METRICS.limitedStreams]: counts.refusedOverLimit,
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
