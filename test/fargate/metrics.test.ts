import { expect, test } from '@jest/globals';
import { METRICS, METRICS_NAMESPACE } from '../../backbone/contract.ts';
import { encodeMetrics } from '../../fargate/metrics.ts';

test('a line is the embedded metric format, with zeros, by service only', () => {
  const report = { openStreams: 3, deliveries: 12, slowStreamsClosed: 0, holesBuried: 0, refusedFull: 2, refusedOverLimit: 1 };
  expect(JSON.parse(encodeMetrics(report, 'LanesProdSse', 1_700_000_000_000))).toEqual({
    _aws: {
      Timestamp: 1_700_000_000_000,
      CloudWatchMetrics: [
        {
          Namespace: METRICS_NAMESPACE,
          Dimensions: [['service']],
          Metrics: [
            METRICS.openStreams,
            METRICS.deliveries,
            METRICS.slowStreamsClosed,
            METRICS.holesBuried,
            METRICS.refusedStreams,
            METRICS.limitedStreams,
          ].map((Name) => ({
            Name,
            Unit: 'Count',
          })),
        },
      ],
    },
    service: 'LanesProdSse',
    [METRICS.openStreams]: 3,
    [METRICS.deliveries]: 12,
    [METRICS.slowStreamsClosed]: 0,
    [METRICS.holesBuried]: 0,
    [METRICS.refusedStreams]: 2,
    [METRICS.limitedStreams]: 1,
  });
});
