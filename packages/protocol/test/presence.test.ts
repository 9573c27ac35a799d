import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isPresenceState, memberHash, NO_MEMBERS, parsePresenceData, stateOf, stateOfCount, toggle } from '../presence.ts';

const anyMember = fc.record({
  id: fc.string({ unit: 'binary' }),
  connections: fc.integer({ min: 1, max: 1_000 }),
  data: fc.string(),
});

describe('the state of a channel', () => {
  test('is the same for the same members in any order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyMember, { selector: ({ id }) => id }), (members) => {
        expect(stateOf(members.toReversed())).toBe(stateOf(members));
      }),
    );
  });

  test('returns to what it was when a member leaves', () => {
    fc.assert(
      fc.property(fc.array(anyMember), anyMember, (members, one) => {
        const all = members.map(memberHash).reduce(toggle, NO_MEMBERS);
        expect(toggle(toggle(all, memberHash(one)), memberHash(one))).toEqual(all);
      }),
    );
  });

  test('differs by id, connections and data, and between a few thousand sets', () => {
    const ann = { id: 'ann', connections: 1, data: '' };
    const sets = [[], [ann], [{ ...ann, connections: 2 }], [{ ...ann, data: '1' }], [{ ...ann, id: 'ann1' }]];
    expect(new Set(sets.map(stateOf)).size).toBe(sets.length);
    const many = Array.from({ length: 4_000 }, (_, at) => stateOf([{ id: `user-${at}`, connections: 1 }]));
    expect(new Set(many).size).toBe(many.length);
  });

  test('absent data is empty data', () => {
    expect(stateOf([{ id: 'ann', connections: 1 }])).toBe(stateOf([{ id: 'ann', connections: 1, data: '' }]));
  });

  test('is text that may be sent back', () => {
    fc.assert(fc.property(fc.array(anyMember), (members) => isPresenceState(stateOf(members))));
    expect(isPresenceState(stateOfCount(1_001))).toBe(true);
    for (const wrong of ['', 'A', 'a b', 'x'.repeat(33), undefined]) expect(isPresenceState(wrong)).toBe(false);
  });
});

describe('presence data', () => {
  test('is text of at most 1,024 bytes', () => {
    expect(parsePresenceData(undefined)).toBe('');
    expect(parsePresenceData('é'.repeat(512))).toHaveLength(512);
    expect(() => parsePresenceData('é'.repeat(513))).toThrow('has 1026 bytes');
    expect(() => parsePresenceData(7)).toThrow('is 7, but must be text');
  });
});
