import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { describePlan, planOf, WAVE_SECONDS } from './plan.ts';

test('entrances and waves together take the time that was given, and no more', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.1, max: 86_400, noNaN: true }), fc.integer({ min: 1, max: 9 }), (seconds, entrances) => {
      const { secondsEach, waves } = planOf(seconds, entrances);

      expect(secondsEach * entrances + waves * WAVE_SECONDS).toBeCloseTo(seconds, 6);
      expect(secondsEach * entrances).toBeGreaterThanOrEqual(seconds / 3 - 1e-6);
    }),
  );
});

test('ten seconds are too short for a wave: the run says so before it begins', () => {
  const plan = planOf(10, 5);

  expect(plan).toEqual({ secondsEach: 2, waves: 0 });
  expect(describePlan(plan, 5, 3_000)).toMatch(/^5 entrances, 2\.0 s each; no unfinished requests: .*--seconds 53 or more$/);
});

test('what it says is needed for a wave is enough for one', () => {
  expect([planOf(52, 5).waves, planOf(53, 5).waves, planOf(180, 5).waves]).toEqual([0, 1, 3]);
  expect(describePlan(planOf(180, 5), 5, 3_000)).toBe(
    '5 entrances, 15.0 s each; then 3 waves of 3000 unfinished requests, up to 35 s each',
  );
});
