import { METRICS, type MetricDimensions } from '../../backbone/contract.ts';
import { encodeMetricLines } from '../../backbone/telemetry/embedded-metrics.ts';
import type { StreamReport } from './stream-server.ts';

/**
 * Lines in CloudWatch's embedded metric format. They include zeros: otherwise alarms and autoscaling would
 * have no data while nothing happens.
 */
export function encodeMetrics(report: StreamReport, dimensions: MetricDimensions, nowMs: number): readonly string[] {
  const values = {
    [METRICS.openConnections]: report.openStreams,
    [METRICS.connects]: report.connects,
    [METRICS.deliveries]: report.deliveries,
    [METRICS.deliveryLatency]: report.latenciesMs,
    [METRICS.replays]: report.replays,
    [METRICS.resets]: report.resets,
    [METRICS.repeatsDropped]: report.repeatsDropped,
    [METRICS.slowStreamsClosed]: report.slowStreamsClosed,
    [METRICS.ephemeralDropped]: report.ephemeralDropped,
    [METRICS.gapsTombstoned]: report.gapsTombstoned,
    [METRICS.refusedStreams]: report.refusedFull,
    [METRICS.throttled]: report.refusedOverLimit + report.overShare,
    [METRICS.limitedPublications]: report.refusedPublications,
    [METRICS.unexpectedErrors]: report.failures,
  };
  return encodeMetricLines(values, dimensions, nowMs);
}
