import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseStates, STATE_TAG, StateTag, stateTag } from '../state-tag.ts';

const entry = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), version: fc.constantFrom('1.1', '1.2', '2.1') });
const entries = fc.uniqueArray(entry, { selector: ({ key }) => key });

test('the tag depends on the entries, and not on their order', () => {
  fc.assert(
    fc.property(entries, entries, (one, other) => {
      const text = (of: typeof one) => JSON.stringify(of.map(({ key, version }) => `${key} ${version}`).sort());
      expect(stateTag(one) === stateTag(other)).toBe(text(one) === text(other));
    }),
  );
});

test('what is added and taken away again leaves no trace', () => {
  const tag = new StateTag();
  const empty = tag.toString();
  tag.toggle('a', '1.1');
  tag.toggle('b', '1.1');
  tag.toggle('a', '1.1');
  expect(tag.toString()).toBe(stateTag([{ key: 'b', version: '1.1' }]));
  tag.toggle('b', '1.1');
  expect(tag.toString()).toBe(empty);
});

test('a hundred thousand versions have a hundred thousand tags', () => {
  const tags = new Set<string>();
  for (let key = 0; key < 1_000; key++) {
    for (let count = 1; count <= 100; count++) tags.add(stateTag([{ key: `k${key}`, version: `m3x1k2ab.${count.toString(36)}` }]));
  }
  expect(tags.size).toBe(100_000);
});

test('states are read from the query', () => {
  const states = new Map([
    ['latest.a', stateTag([])],
    ['latest.b', stateTag([{ key: 'a', version: '1.1' }])],
  ]);
  expect([...states.values()].every((tag) => STATE_TAG.test(tag))).toBe(true);
  expect(parseStates([...states].map((pair) => pair.join('=')).join())).toEqual(states);
});

test.each(['', 'a', '=00000000000000', 'a=', 'a=1', '..=00000000000000', 'a=00000000000000,'])('%j is refused', (text) => {
  expect(() => parseStates(text)).toThrow('joined by commas');
});
