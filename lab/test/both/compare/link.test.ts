import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createLink, type LinkProfile } from '../../../both/compare/link.ts';

const PROFILE: LinkProfile = { oneWayDelayMs: 20, jitterMs: 10, stallEveryMs: 1_000, stallMs: { min: 100, max: 400 } };

const sendings = fc
  .array(fc.integer({ min: 0, max: 60_000 }), { minLength: 1, maxLength: 200 })
  .map((times) => times.sort((a, b) => a - b));
const seeds = fc.nat(2 ** 32 - 1);

test('the same seed and name make the same link', () => {
  fc.assert(
    fc.property(seeds, sendings, (seed, times) => {
      const [one, other] = [createLink(seed, 'chat/1', PROFILE), createLink(seed, 'chat/1', PROFILE)];
      expect(times.map(one.up)).toEqual(times.map(other.up));
      expect(times.map(one.down)).toEqual(times.map(other.down));
    }),
  );
});

test('another seed and another name make other links', () => {
  const times = Array.from({ length: 50 }, (_, index) => index * 100);
  const links = [createLink(1, 'chat/1', PROFILE), createLink(2, 'chat/1', PROFILE), createLink(1, 'chat/2', PROFILE)];
  expect(new Set(links.map(({ down }) => JSON.stringify(times.map(down)))).size).toBe(3);
});

test('everything takes the delay at least, and arrives in the order of sending', () => {
  fc.assert(
    fc.property(seeds, sendings, (seed, times) => {
      const arrivals = times.map(createLink(seed, 'chat/1', PROFILE).down);
      expect(arrivals.every((arrivesMs, index) => arrivesMs >= (times[index] ?? 0) + PROFILE.oneWayDelayMs)).toBe(true);
      expect(arrivals).toEqual(arrivals.toSorted((a, b) => a - b));
    }),
  );
});

test('the first bytes of a client wait for the handshake of TCP', () => {
  expect(createLink(1, 'chat/1', { ...PROFILE, jitterMs: 0, stallEveryMs: 1e12 }).up(0)).toBe(60);
});

test('a stall holds both directions until its end', () => {
  const stalled = { ...PROFILE, jitterMs: 0, stallMs: { min: 300, max: 300 } };
  const { up, down } = createLink(1, 'chat/1', stalled);
  const times = Array.from({ length: 10_000 }, (_, index) => 100 + index);
  const held = (arrivals: readonly number[]) =>
    new Set(arrivals.filter((arrivesMs, index) => arrivesMs > (times[index] ?? 0) + stalled.oneWayDelayMs));

  const ends = held(times.map(down));
  expect(ends.size).toBeGreaterThan(1);
  expect(held(times.map(up))).toEqual(ends);
});
