import { expect, test } from '@jest/globals';
import { GapWatch } from '../../../../fargate/sse/hub/gap-watch.ts';

test('a seq is known since the first higher seq was', () => {
  const gaps = new GapWatch();
  gaps.note(8, 100);
  gaps.note(9, 200);
  expect([7, 8, 9].map((seq) => gaps.noticedAtMs(seq))).toEqual([100, 100, 200]);
});

test('a lower seq that comes later does not make gaps older or younger', () => {
  const gaps = new GapWatch();
  gaps.note(8, 100);
  gaps.note(6, 200);
  expect(gaps.noticedAtMs(7)).toBe(100);
});

test('what was known at a time is the highest seq noted by then', () => {
  const gaps = new GapWatch();
  gaps.note(8, 100);
  gaps.note(9, 200);
  expect([99, 100, 199, 200].map((atMs) => gaps.knownAt(atMs))).toEqual([0, 8, 8, 9]);
});

test('delivered seqs are forgotten', () => {
  const gaps = new GapWatch();
  gaps.note(8, 100);
  gaps.note(9, 200);
  gaps.settle(8);
  expect(gaps.knownAt(100)).toBe(0);
  expect(gaps.noticedAtMs(9)).toBe(200);
});
