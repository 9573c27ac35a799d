import { describe, expect, test } from '@jest/globals';
import { CAPACITY } from '../src/data/capacity.ts';
import { PRICES } from '../src/data/prices.ts';
import { QUOTAS } from '../src/data/quotas.ts';
import { type Figure, figuresOf, type Price } from '../src/figure.ts';

const prices = Object.entries(PRICES).flatMap(([region, ofRegion]) =>
  Object.entries<Price>(ofRegion).flatMap(([id, price]) => figuresOf(price).map((figure): [string, Figure] => [`${region} ${id}`, figure])),
);

const ROWS: readonly [string, Figure][] = [...prices, ...Object.entries<Figure>(QUOTAS), ...Object.entries<Figure>(CAPACITY)];

describe.each(ROWS)('%s', (_id, { value, unit, confidence, source, date, range }) => {
  test('has a value with a unit', () => {
    expect(value).toBeGreaterThan(0);
    expect(unit).not.toBe('');
  });

  test('has a source, and the day on which it was read or measured', () => {
    expect(source.length).toBeGreaterThan(10);
    expect(new Date(date).toISOString().slice(0, 10)).toBe(date);
  });

  test('names the command, where it was measured', () => {
    expect(confidence !== 'measured' || source.startsWith('npm run ')).toBe(true);
  });

  test('lies in its range, where it is assumed', () => {
    const [low, high] = range ?? [value, value];
    expect(low).toBeLessThanOrEqual(value);
    expect(high).toBeGreaterThanOrEqual(value);
    expect(confidence !== 'assumed' || low < high).toBe(true);
  });
});

test('every Region has the same prices', () => {
  const [first, ...others] = Object.values(PRICES).map((ofRegion) => Object.keys(ofRegion).sort());
  for (const other of others) expect(other).toEqual(first);
});
