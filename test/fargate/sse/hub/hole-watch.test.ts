import { expect, test } from '@jest/globals';
import { HoleWatch } from '../../../../fargate/sse/hub/hole-watch.ts';

test('a seq is known since the first higher seq was', () => {
  const holes = new HoleWatch();
  holes.note(8, 100);
  holes.note(9, 200);
  expect([7, 8, 9].map((seq) => holes.noticedAtMs(seq))).toEqual([100, 100, 200]);
});

test('a lower seq that comes later does not make holes older or younger', () => {
  const holes = new HoleWatch();
  holes.note(8, 100);
  holes.note(6, 200);
  expect(holes.noticedAtMs(7)).toBe(100);
});

test('what was known at a time is the highest seq noted by then', () => {
  const holes = new HoleWatch();
  holes.note(8, 100);
  holes.note(9, 200);
  expect([99, 100, 199, 200].map((atMs) => holes.knownAt(atMs))).toEqual([0, 8, 8, 9]);
});

test('delivered seqs are forgotten', () => {
  const holes = new HoleWatch();
  holes.note(8, 100);
  holes.note(9, 200);
  holes.settle(8);
  expect(holes.knownAt(100)).toBe(0);
  expect(holes.noticedAtMs(9)).toBe(200);
});
