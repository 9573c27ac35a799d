import { beforeEach, expect, test } from '@jest/globals';
import { ANONYMOUS } from '../../../../backbone/domain/principal.ts';
import { PublishRate } from '../../../../fargate/sse/http/publish-rate.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

let clock: ManualClock;
let rate: PublishRate;

beforeEach(() => {
  clock = new ManualClock();
  rate = new PublishRate(3, clock);
});

const takeAll = (principal: string, times: number) => Array.from({ length: times }, () => rate.take(principal)).filter(Boolean).length;

test('a principal may publish one second’s worth at once, and no more', () => {
  expect(takeAll('ann', 10)).toBe(3);
});

test('it comes back evenly over the second', async () => {
  takeAll('ann', 3);
  await clock.advance(400);
  expect(takeAll('ann', 10)).toBe(1);
  await clock.advance(10_000);
  expect(takeAll('ann', 10)).toBe(3);
});

test('what is refused is counted once', () => {
  takeAll('ann', 10);
  takeAll('bob', 4);
  expect(rate.takeRefused()).toBe(8);
  expect(rate.takeRefused()).toBe(0);
});

test('principals do not share it', () => {
  takeAll('ann', 3);
  expect(takeAll('bob', 10)).toBe(3);
});

test('the anonymous one has no limit: it stands for everybody', () => {
  expect(takeAll(ANONYMOUS, 100)).toBe(100);
});

test('many principals are forgotten when they are quiet, and those that are not are still limited', async () => {
  for (let principal = 0; principal < 10_000; principal++) rate.take(`p${principal}`);
  await clock.advance(999);
  takeAll('p0', 3);
  await clock.advance(1);
  // Makes room.
  rate.take('another');
  expect(rate.take('p0')).toBe(false);
});
