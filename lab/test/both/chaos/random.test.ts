import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRandom } from '../../../both/chaos/random.ts';

const draw = (seed: number, stream: string, count = 50) => {
  const random = createRandom(seed, stream);
  return Array.from({ length: count }, () => random.next());
};

describe('createRandom', () => {
  test('the same seed and stream give the same numbers', () => {
    expect(draw(7, 'kills')).toEqual(draw(7, 'kills'));
  });

  test('another seed gives others', () => {
    expect(draw(7, 'kills')).not.toEqual(draw(8, 'kills'));
  });

  test('another stream gives others', () => {
    expect(draw(7, 'kills')).not.toEqual(draw(7, 'cuts'));
  });

  test('numbers lie from 0 up to 1 and spread over it', () => {
    const numbers = draw(1, 'any', 10_000);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    const tenths = Array.from({ length: 10 }, (_, tenth) => numbers.filter((n) => Math.floor(n * 10) === tenth).length);
    for (const count of tenths) expect(count).toBeGreaterThan(850);
  });

  test('a chance is taken as often as it says', () => {
    const random = createRandom(3, 'any');
    const taken = Array.from({ length: 10_000 }, () => random.chance(0.1)).filter(Boolean).length;
    expect(taken).toBeGreaterThan(900);
    expect(taken).toBeLessThan(1_100);
  });

  test('whole numbers include both ends and nothing else', () => {
    const random = createRandom(3, 'any');
    expect(new Set(Array.from({ length: 500 }, () => random.wholeBetween(2, 4)))).toEqual(new Set([2, 3, 4]));
  });

  test('waits have their mean, about, and are never longer than four times that', () => {
    const random = createRandom(3, 'any');
    const waits = Array.from({ length: 10_000 }, () => random.waitMs(100));
    expect(waits.reduce((sum, wait) => sum + wait, 0) / waits.length).toBeCloseTo(98, -1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(400);
  });

  test('picks one of the items, and nothing of none', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(), (items, seed) => {
        const picked = createRandom(seed, 'any').pick(items);
        if (items.length === 0) expect(picked).toBeUndefined();
        else expect(items).toContain(picked);
      }),
    );
  });
});
