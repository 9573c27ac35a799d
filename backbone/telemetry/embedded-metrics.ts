import { METRICS, METRICS_NAMESPACE, type MetricDimensions, type MetricName } from '../contract.ts';

/** What happened: counts, and the individual values of {@link METRICS.deliveryLatency}. */
export type MetricValues = Readonly<Partial<Record<MetricName, number | readonly number[]>>>;

/** How many values one metric may have in one line (EMF specification, 2026-11). */
export const MAX_VALUES_PER_LINE = 100;

const DIMENSION_NAMES: readonly (keyof MetricDimensions)[] = ['stack', 'lane'];

/**
 * Lines in CloudWatch's embedded metric format: one line, or more if a metric has more than {@link
 * MAX_VALUES_PER_LINE} values. A metric without values is left out: CloudWatch drops lines that have empty ones.
 * @param fields details for whoever reads the line in the log; as plain fields they cost nothing as metrics
 */
export function encodeMetricLines(
  values: MetricValues,
  dimensions: MetricDimensions,
  nowMs: number,
  fields: Readonly<Record<string, unknown>> = {},
): readonly string[] {
  const first: Record<string, number | readonly number[]> = {};
  const further: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === 'number') {
      first[name] = value;
      continue;
    }
    for (let at = 0; at < value.length; at += MAX_VALUES_PER_LINE) {
      const part = value.slice(at, at + MAX_VALUES_PER_LINE);
      if (at === 0) first[name] = part;
      else further.push(encodeLine({ [name]: part }, dimensions, nowMs, fields));
    }
  }
  return [encodeLine(first, dimensions, nowMs, fields), ...further];
}

function encodeLine(values: Readonly<Record<string, unknown>>, dimensions: MetricDimensions, nowMs: number, fields: object): string {
  const metrics = Object.keys(values).map((name) => ({ Name: name, Unit: name === METRICS.deliveryLatency ? 'Milliseconds' : 'Count' }));
  const directive = { Namespace: METRICS_NAMESPACE, Dimensions: [DIMENSION_NAMES], Metrics: metrics };
  return JSON.stringify({ _aws: { Timestamp: nowMs, CloudWatchMetrics: [directive] }, ...dimensions, ...fields, ...values });
}
