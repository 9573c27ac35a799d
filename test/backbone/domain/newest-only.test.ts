import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NewestOnly } from '../../../backbone/domain/newest-only.ts';

test('whatever arrives, each source goes forward only, and what is newer is never dropped', () => {
  const arrival = fc.record({ source: fc.constantFrom('a', 'b', 'c'), count: fc.integer({ min: 1, max: 9 }) });
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 40 }), (arrivals) => {
      const newestOnly = new NewestOnly();
      const newest = new Map<string, number>();
      for (const { source, count } of arrivals) {
        expect(newestOnly.takes({ source, count })).toBe(count > (newest.get(source) ?? 0));
        newest.set(source, Math.max(count, newest.get(source) ?? 0));
      }
    }),
  );
});

test('of many sources those that were heard of last are remembered', () => {
  const newestOnly = new NewestOnly();
  newestOnly.takes({ source: 'kept', count: 5 });
  for (let at = 0; at < 1_000; at++) {
    newestOnly.takes({ source: `source ${at}`, count: 1 });
    newestOnly.takes({ source: 'kept', count: 6 + at });
  }
  expect(newestOnly.takes({ source: 'kept', count: 5 })).toBe(false);
  expect(newestOnly.takes({ source: 'source 999', count: 1 })).toBe(false);
  expect(newestOnly.takes({ source: 'source 0', count: 1 })).toBe(true);
});
