import { expect, test } from '@jest/globals';
import { METRICS } from '../../../backbone/contract.ts';
import { encodeMetricLines, MAX_VALUES_PER_LINE } from '../../../backbone/telemetry/embedded-metrics.ts';

const DIMENSIONS = { stack: 'LanesDevOne', lane: 'one' } as const;

test('values above the limit of a line go into further lines, and counts are not repeated there', () => {
  const latencies = Array.from({ length: MAX_VALUES_PER_LINE + 1 }, (_, index) => index);
  const lines = encodeMetricLines({ [METRICS.deliveries]: 3, [METRICS.deliveryLatency]: latencies }, DIMENSIONS, 0).map((line) =>
    JSON.parse(line),
  );
  expect(lines.map((line) => line[METRICS.deliveryLatency])).toEqual([latencies.slice(0, MAX_VALUES_PER_LINE), [MAX_VALUES_PER_LINE]]);
  expect(lines.map((line) => line[METRICS.deliveries])).toEqual([3, undefined]);
});

test('every metric that a line declares has its value in it', () => {
  const [line = ''] = encodeMetricLines({ [METRICS.connects]: 0, [METRICS.deliveryLatency]: [] }, DIMENSIONS, 0);
  const { _aws, ...members } = JSON.parse(line);
  for (const { Name } of _aws.CloudWatchMetrics[0].Metrics) expect(members).toHaveProperty(Name);
});
