import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { compareVersions, formatVersion, parseVersion, supersedes, type Version } from '../version.ts';

const version: fc.Arbitrary<Version> = fc.record({
  createdAt: fc.oneof(fc.nat(3), fc.nat({ max: Number.MAX_SAFE_INTEGER })),
  count: fc.integer({ min: 1, max: 4 }),
});

test('a version survives the wire', () => {
  fc.assert(fc.property(version, (one) => expect(parseVersion(formatVersion(one))).toEqual(one)));
});

test('versions are ordered by creation, then by count', () => {
  const sorted = [
    { createdAt: 35, count: 2 },
    { createdAt: 35, count: 36 },
    { createdAt: 36, count: 1 },
  ];
  expect([...sorted].reverse().sort(compareVersions)).toEqual(sorted);
});

test.each([undefined, 1, '', 'a', 'a.', '.1', '0.0', '01.1', 'A.1', 'a.1.1', '1.zzzzzzzzzzz', 'a.1 '])('%j is no version', (text) => {
  expect(() => parseVersion(text)).toThrow(`version ${JSON.stringify(text)} is not valid`);
});

test('in whatever order versions and their ends come, the newest is held at the end', () => {
  const versioned = fc.record({ version, removed: fc.boolean() });
  fc.assert(
    fc.property(fc.array(versioned, { minLength: 1 }), (all) => {
      const hold = (come: typeof all) => come.reduce((held, one) => (supersedes(one, held) ? one : held));
      expect(hold([...all].reverse())).toEqual(hold(all));
    }),
  );
});

test('what is held does not replace itself', () => {
  fc.assert(fc.property(version, fc.boolean(), (one, removed) => !supersedes({ version: one, removed }, { version: one, removed })));
});
