import { METRICS, METRICS_NAMESPACE, SERVICE_DIMENSION } from '../backbone/contract.ts';
import type { StreamReport } from './stream-server.ts';

/**
 * One line in CloudWatch's embedded metric format. Zeros are there too: a metric that stops while nothing happens
 * would leave its alarms and its autoscaling without data.
 */
export function encodeMetrics(report: StreamReport, service: string, nowMs: number): string {
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
      CloudWatchMetrics: [{ Namespace: METRICS_NAMESPACE, Dimensions: [[SERVICE_DIMENSION]], Metrics: metrics }],
    },
    [SERVICE_DIMENSION]: service,
    ...values,
  });
}
