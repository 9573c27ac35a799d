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

test('it is replenished evenly over the second', async () => {
  takeAll('ann', 3);
  await clock.advance(400);
  expect(takeAll('ann', 10)).toBe(1);
  await clock.advance(10_000);
  expect(takeAll('ann', 10)).toBe(3);
});

test('a refusal is counted once', () => {
  takeAll('ann', 10);
  takeAll('bob', 4);
  expect(rate.takeRefused()).toBe(8);
  expect(rate.takeRefused()).toBe(0);
});

test('a batch counts as its events, and none of them if they do not all fit', () => {
  expect([rate.take('ann', 2), rate.take('ann', 2), rate.take('ann', 1)]).toEqual([true, false, true]);
  expect(rate.takeRefused()).toBe(2);
});

test('nobody publishes more at once than in a second, but for the anonymous principal', () => {
  expect(rate.burstOf('ann')).toBe(3);
  expect(rate.burstOf(ANONYMOUS)).toBe(Number.POSITIVE_INFINITY);
});

test('principals do not share the limit', () => {
  takeAll('ann', 3);
  expect(takeAll('bob', 10)).toBe(3);
});

test('the anonymous principal has no limit, because all clients share it', () => {
  expect(takeAll(ANONYMOUS, 100)).toBe(100);
});

test('many quiet principals are forgotten, and active ones are still limited', async () => {
  for (let principal = 0; principal < 10_000; principal++) rate.take(`p${principal}`);
  await clock.advance(999);
  takeAll('p0', 3);
  await clock.advance(1);
  // Makes room.
  rate.take('another');
  expect(rate.take('p0')).toBe(false);
});
