import { expect, test } from '@jest/globals';
import { METRICS, METRICS_NAMESPACE } from '../../../backbone/contract.ts';
import { HubCounter } from '../../../fargate/sse/hub/hub-counts.ts';
import { encodeMetrics } from '../../../fargate/sse/metrics.ts';

const DIMENSIONS = { stack: 'LanesDevSse', lane: 'sse' } as const;

function linesOf(counter: HubCounter, openStreams = 0) {
  return encodeMetrics(
    { openStreams, failures: 0, overShare: 0, refusedPublications: 0, ...counter.take() },
    DIMENSIONS,
    1_700_000_000_000,
  ).map((line) => JSON.parse(line));
}

test('a line is the embedded metric format, by stack and lane only, so that its average is that of the tasks', () => {
  const [line] = linesOf(new HubCounter(), 3);
  expect(line).toMatchObject({
    _aws: { Timestamp: 1_700_000_000_000, CloudWatchMetrics: [{ Namespace: METRICS_NAMESPACE, Dimensions: [['stack', 'lane']] }] },
    ...DIMENSIONS,
    [METRICS.openConnections]: 3,
  });
});

test('zeros are included, but not a latency that nobody measured', () => {
  const [line] = linesOf(new HubCounter());
  expect(line).toMatchObject({
    [METRICS.openConnections]: 0,
    [METRICS.deliveries]: 0,
    [METRICS.limitedPublications]: 0,
    [METRICS.resets]: 0,
  });
  expect(line).not.toHaveProperty(METRICS.deliveryLatency);
});

test('latencies are single values in milliseconds', () => {
  const counter = new HubCounter();
  counter.addLatency(12);
  counter.addLatency(40);
  const [line] = linesOf(counter);
  expect(line[METRICS.deliveryLatency]).toEqual([12, 40]);
  expect(line._aws.CloudWatchMetrics[0].Metrics).toContainEqual({ Name: METRICS.deliveryLatency, Unit: 'Milliseconds' });
});

test('taking the counts resets them', () => {
  const counter = new HubCounter();
  counter.add('connects');
  counter.addLatency(1);
  expect(counter.take()).toMatchObject({ connects: 1, latenciesMs: [1] });
  expect(counter.take()).toMatchObject({ connects: 0, latenciesMs: [] });
});
