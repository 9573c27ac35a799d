import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { backoffMs, fullJitter, halfJitter } from '../../../backbone/domain/backoff.ts';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('a wait doubles with each failure in a row, up to the limit', () => {
  const waits = [0, 1, 2, 3, 4, 50].map((failures) => backoffMs({ firstMs: 250, mostMs: 2_000 }, failures));
  expect(waits).toEqual([250, 500, 1_000, 2_000, 2_000, 2_000]);
});

test('jitter leaves the wait within its bounds', () => {
  fc.assert(
    fc.property(fc.nat(60_000), chance, (ms, random) => {
      const full = fullJitter(ms, () => random);
      expect(full).toBeGreaterThanOrEqual(0);
      expect(full).toBeLessThanOrEqual(ms);
      const half = halfJitter(ms, () => random);
      expect(half).toBeGreaterThanOrEqual(ms / 2);
      expect(half).toBeLessThanOrEqual(ms);
    }),
  );
});
