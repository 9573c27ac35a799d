import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type LatestEvent, REMOVAL_LIFETIME_MS, toLatestEntry } from '../../../../backbone/domain/latest-event.ts';
import { LatestState } from '../../../../fargate/sse/hub/latest/latest-state.ts';
import { stateTag } from '../../../../packages/protocol/state-tag.ts';
import { supersedes } from '../../../../packages/protocol/version.ts';
import { latestEvent } from '../../../support/latest.ts';

let state: LatestState;

beforeEach(() => {
  state = new LatestState();
});

const heldKeys = () => [...state.held()].map(({ event }) => event.key);
const changed = (ordinal: number) => [...state.changedAfter(ordinal)].map(({ event }) => `${event.key}${event.version.count}`);

test('whoever takes what has changed at any time ends with the newest version of each key, and never goes back', () => {
  const event = fc
    .record({ key: fc.constantFrom('a', 'b', 'c'), createdAt: fc.nat(1), count: fc.integer({ min: 1, max: 4 }), removed: fc.boolean() })
    .map(({ key, createdAt, count, removed }) => latestEvent(count, { key, version: { createdAt, count }, ...(removed && { removed }) }));
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.nat(3)), { maxLength: 40 }), (steps) => {
      const known = new LatestState();
      const readers = Array.from({ length: 3 }, () => ({ has: 0, held: new Map<string, LatestEvent>() }));
      const newest = new Map<string, LatestEvent>();
      const take = (reader: (typeof readers)[number]) => {
        for (const slot of known.changedAfter(reader.has)) {
          expect(supersedes(slot.event, reader.held.get(slot.event.key))).toBe(true);
          reader.held.set(slot.event.key, slot.event);
          reader.has = slot.ordinal;
        }
      };
      for (const [come, taking] of steps) {
        if (supersedes(come, newest.get(come.key))) newest.set(come.key, come);
        known.apply(come, 0);
        const reader = readers[taking];
        if (reader !== undefined) take(reader);
      }
      const live = [...newest.values()].filter(({ removed }) => removed !== true);
      expect(known.takeTag()).toBe(stateTag(live.map(toLatestEntry)));
      expect(known.keys).toBe(live.length);
      for (const reader of readers) {
        take(reader);
        expect([...reader.held.values()].filter(({ removed }) => removed !== true).length).toBe(live.length);
        for (const [key, held] of reader.held) expect(held.version).toEqual(newest.get(key)?.version);
      }
    }),
  );
});

test('what is known takes no more memory for having changed often', () => {
  state.apply(latestEvent(1), 0);
  const before = state.memoryBytes;
  for (let count = 2; count < 10; count++) state.apply(latestEvent(count), 0);
  expect(state.memoryBytes).toBe(before);
});

describe('a key', () => {
  test('that expires ends without a new version', () => {
    state.apply(latestEvent(3, { expiresAtMs: 5_000 }), 0);
    const before = state.ordinal;
    expect(state.sweep(4_999)).toBe(false);
    expect(state.sweep(5_000)).toBe(true);
    expect([heldKeys(), state.keys, changed(before)]).toEqual([[], 0, ['x3']]);
    expect([...state.changedAfter(before)][0]?.event).toMatchObject({ removed: true });
    expect(state.takeTag()).toBe(stateTag([]));
  });

  test('that has expired before it comes is no key', () => {
    state.apply(latestEvent(1, { expiresAtMs: 5_000 }), 5_000);
    expect([heldKeys(), state.keys]).toEqual([[], 0]);
  });

  test('that was removed keeps older events away, until they are outdated', () => {
    state.apply(latestEvent(2, { removed: true, publishedAtMs: 0 }), 0);
    expect(state.apply(latestEvent(1), 0)).toBe(false);
    state.sweep(REMOVAL_LIFETIME_MS - 1);
    expect(state.apply(latestEvent(1), 0)).toBe(false);
    state.sweep(REMOVAL_LIFETIME_MS);
    expect(state.memoryBytes).toBe(0);
  });

  test('that is made anew wins over what was before', () => {
    state.apply(latestEvent(9, { expiresAtMs: 5_000 }), 0);
    state.sweep(5_000);
    expect(state.apply(latestEvent(1, { version: { createdAt: 6_000, count: 1 } }), 6_000)).toBe(true);
    expect(state.apply(latestEvent(10), 6_000)).toBe(false);
    expect(heldKeys()).toEqual(['x']);
  });

  test('that the table has lost ends, unless it is so new that a read may not have it yet', () => {
    state.apply(latestEvent(1, { key: 'old', publishedAtMs: 100 }), 200);
    state.apply(latestEvent(1, { key: 'new', publishedAtMs: 150 }), 200);
    expect(state.endMissing(new Set(), 150, 200)).toBe(true);
    expect(heldKeys()).toEqual(['new']);
    expect(state.endMissing(new Set(['new']), 1_000, 200)).toBe(false);
  });
});

describe('a tag', () => {
  test('that was handed out says up to where its client has everything', () => {
    state.apply(latestEvent(1, { key: 'a' }), 0);
    const tag = state.takeTag();
    const { ordinal } = state;
    state.apply(latestEvent(1, { key: 'b' }), 0);
    expect([state.ordinalOf(tag), changed(ordinal)]).toEqual([ordinal, ['b1']]);
    expect([state.ordinalOf(undefined), state.ordinalOf('00000000000001')]).toEqual([undefined, undefined]);
  });

  test('of now is known, whoever made it', () => {
    state.apply(latestEvent(1), 0);
    expect(state.ordinalOf(stateTag([...state.held()].map(({ event }) => toLatestEntry(event))))).toBe(state.ordinal);
  });

  test('is forgotten when 256 others were handed out since', () => {
    state.apply(latestEvent(1), 0);
    const tag = state.takeTag();
    for (let count = 2; count <= 257; count++) {
      state.apply(latestEvent(count), 0);
      if (count === 257) expect(state.ordinalOf(tag)).toBeDefined();
      state.takeTag();
    }
    expect(state.ordinalOf(tag)).toBeUndefined();
  });

  test('is forgotten with the end of a key that its client may have missed', () => {
    state.apply(latestEvent(1), 0);
    const tag = state.takeTag();
    state.apply(latestEvent(2, { removed: true }), 0);
    expect(state.ordinalOf(tag)).toBe(1);
    state.sweep(REMOVAL_LIFETIME_MS);
    expect([state.ordinalOf(tag), state.floor]).toEqual([undefined, 2]);
  });
});
