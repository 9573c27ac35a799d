import { afterEach, expect, jest, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Backoff, backoffMs, FULL_JITTER, HALF_JITTER, jittered } from '../backoff.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

const random = (value: number) => jest.spyOn(Math, 'random').mockReturnValue(value);
const delays = (backoff: Backoff, count: number, maxMs: number) => Array.from({ length: count }, () => backoff.nextDelayMs(maxMs));

test('the bound doubles with each attempt, up to the cap', () => {
  random(1);
  expect(delays(new Backoff(500, FULL_JITTER), 6, 5_000)).toEqual([500, 1_000, 2_000, 4_000, 5_000, 5_000]);
});

test.each([
  [1, 500],
  [0.5, 750],
  [0, 1_000],
])('with jitter %d, half of the random part leaves %d of 1,000 ms', (jitter, expected) => {
  random(0.5);
  expect(new Backoff(1_000, jitter).nextDelayMs(30_000)).toBe(expected);
});

test('a wait doubles with each failure in a row, up to the limit', () => {
  const waits = [0, 1, 2, 3, 4, 50].map((failures) => backoffMs({ firstMs: 250, mostMs: 2_000 }, failures));
  expect(waits).toEqual([250, 500, 1_000, 2_000, 2_000, 2_000]);
});

test('jitter leaves the wait within its bounds', () => {
  fc.assert(
    fc.property(fc.nat(60_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (ms, chance) => {
      const full = jittered(ms, FULL_JITTER, () => chance);
      expect(full).toBeGreaterThanOrEqual(0);
      expect(full).toBeLessThanOrEqual(ms);
      const half = jittered(ms, HALF_JITTER, () => chance);
      expect(half).toBeGreaterThanOrEqual(ms / 2);
      expect(half).toBeLessThanOrEqual(ms);
    }),
  );
});

test('a jittered time lies between the part that is fixed, and the whole', () => {
  random(1);
  expect(jittered(100, HALF_JITTER)).toBe(100);
  random(0);
  expect(jittered(100, HALF_JITTER)).toBe(50);
});

test('the delay is never shorter than the server asks for, even beyond the cap', () => {
  random(1);
  const backoff = new Backoff(500, FULL_JITTER);
  expect(backoff.nextDelayMs(5_000, 60_000)).toBe(60_000);
  expect(backoff.nextDelayMs(5_000, 20)).toBe(1_000);
});

test('after a success it begins with the first delay again', () => {
  random(1);
  const backoff = new Backoff(500, FULL_JITTER);
  delays(backoff, 4, 5_000);
  backoff.reset();
  expect(backoff.nextDelayMs(5_000)).toBe(500);
});

test('a thousand attempts later the delay is still the cap', () => {
  random(1);
  expect(delays(new Backoff(500, FULL_JITTER), 2_000, 5_000).at(-1)).toBe(5_000);
});
