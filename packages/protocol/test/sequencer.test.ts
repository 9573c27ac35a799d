import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { missingFrom, Sequencer } from '../sequencer.ts';

const EPOCH = 'k3f9';

interface Item {
  readonly seq: number;
  readonly kind: 'event' | 'tombstone';
}

function item(seq: number, kind: Item['kind'] = 'event'): Item {
  return { seq, kind };
}

function startAt(seq: number): Sequencer<Item> {
  return new Sequencer<Item>({ epoch: EPOCH, seq });
}

/** Offers them one after the other. */
function offerAll(sequencer: Sequencer<Item>, items: readonly Item[]): Item[] {
  return items.flatMap((offered) => sequencer.offer(offered.seq, offered));
}

/** A log from 1 on, the start of a sequencer in it, and the log's entries in any order with repeats. */
const offering = fc.array(fc.constantFrom('event' as const, 'tombstone' as const), { minLength: 1, maxLength: 30 }).chain((kinds) => {
  const entries = kinds.map((kind, index) => item(index + 1, kind));
  return fc.record({
    entries: fc.constant(entries),
    start: fc.nat(entries.length),
    offers: fc
      .tuple(fc.shuffledSubarray(entries, { minLength: entries.length }), fc.array(fc.constantFrom(...entries), { maxLength: 20 }))
      .chain(([all, repeats]) => fc.shuffledSubarray([...all, ...repeats], { minLength: all.length + repeats.length })),
  });
});

describe('a sequencer', () => {
  test('lets every item out once and in order, however late and however often it comes', () => {
    fc.assert(
      fc.property(offering, ({ entries, start, offers }) => {
        const sequencer = startAt(start);
        const out = offerAll(sequencer, offers);
        expect(out).toEqual(entries.slice(start));
        expect(sequencer.seq).toBe(entries.length);
        expect(missingFrom(sequencer)).toBeUndefined();
      }),
    );
  });

  test('lets nothing out past a gap, and asks for exactly the gap', () => {
    fc.assert(
      fc.property(offering, fc.nat(), ({ entries, start, offers }, pick) => {
        fc.pre(start < entries.length);
        const gap = start + 1 + (pick % (entries.length - start));
        const sequencer = startAt(start);
        const before = offerAll(
          sequencer,
          offers.filter(({ seq }) => seq !== gap),
        );
        expect(before.every(({ seq }) => seq < gap)).toBe(true);
        expect(sequencer.seq).toBe(gap - 1);
        sequencer.noteHead(entries.length);
        expect(missingFrom(sequencer)).toEqual({ from: gap, to: gap });
        const after = sequencer.offer(gap, item(gap, 'tombstone'));
        expect(after.every(({ seq }) => seq >= gap)).toBe(true);
        expect(sequencer.seq).toBe(entries.length);
      }),
    );
  });

  test('misses a lost last event once it knows the head', () => {
    const sequencer = startAt(5);
    expect(missingFrom(sequencer)).toBeUndefined();
    sequencer.noteHead(7);
    expect(missingFrom(sequencer)).toEqual({ from: 6, to: 7 });
    sequencer.offer(7, item(7));
    expect(missingFrom(sequencer)).toEqual({ from: 6, to: 6 });
  });

  test('is not set back by an old head', () => {
    const sequencer = startAt(5);
    sequencer.noteHead(3);
    expect(sequencer.seq).toBe(5);
    expect(missingFrom(sequencer)).toBeUndefined();
  });

  test('keeps a bounded number of entries behind a gap, and asks for those that did not fit', () => {
    const sequencer = startAt(0);
    for (let seq = 2; seq <= 3_000; seq++) expect(sequencer.offer(seq, item(seq))).toEqual([]);
    const out = sequencer.offer(1, item(1));
    expect(out.length).toBeLessThan(1_100);
    expect(missingFrom(sequencer)).toEqual({ from: out.length + 1, to: 3_000 });
    const rest = offerAll(
      sequencer,
      Array.from({ length: 3_000 - out.length }, (_, i) => item(out.length + 1 + i)),
    );
    expect([...out, ...rest].map(({ seq }) => seq)).toEqual(Array.from({ length: 3_000 }, (_, i) => i + 1));
  });

  test('told that nothing else exists, lets out what waited, in order, and takes nothing below any more', () => {
    fc.assert(
      fc.property(offering, fc.nat(), ({ entries, start, offers }, pick) => {
        const upTo = start + (pick % (entries.length - start + 1));
        const sequencer = startAt(start);
        const came = offers.slice(0, pick % (offers.length + 1));
        const out = [...offerAll(sequencer, came), ...sequencer.settle(upTo)];
        // All that came and has nothing unknown below it.
        const seqs = new Set(came.map(({ seq }) => seq));
        let reached = upTo;
        while (seqs.has(reached + 1)) reached++;
        const at = Math.max(sequencer.seq, reached);
        expect(sequencer.seq).toBe(at);
        expect(out.map(({ seq }) => seq)).toEqual([...seqs].filter((seq) => seq > start && seq <= at).sort((a, b) => a - b));
        expect(offerAll(sequencer, entries.slice(0, at))).toEqual([]);
      }),
    );
  });

  test('is not set back by what is settled late', () => {
    const sequencer = startAt(5);
    expect(sequencer.settle(3)).toEqual([]);
    expect([sequencer.seq, sequencer.hasGap]).toEqual([5, false]);
  });
});
