import { expect, test } from '@jest/globals';
import { LatencySample } from '../../../../fargate/sse/hub/latency-sample.ts';

test('keeps all of a few values', () => {
  const sample = new LatencySample();
  for (const ms of [3, 1, 2]) sample.add(ms);
  expect(sample.values).toEqual([3, 1, 2]);
});

test('keeps 100 of many, and a late one replaces a random one', () => {
  const sample = new LatencySample(() => 0.5 / 101);
  for (let ms = 0; ms < 101; ms++) sample.add(ms);
  expect(sample.values).toHaveLength(100);
  expect(sample.values[0]).toBe(100);
});
