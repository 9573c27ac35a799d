import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { LogEntry } from '../../../backbone/domain/log-entry.ts';
import { Sequencer } from '../../../backbone/domain/sequencer.ts';

const EPOCH = 'k3f9';

function entry(seq: number, kind: 'event' | 'tombstone' = 'event'): LogEntry {
  if (kind === 'tombstone') return { kind, seq, atMs: 0 };
  return { kind, seq, atMs: 0, event: { channel: 'a', epoch: EPOCH, seq, type: 'message', data: `e${seq}`, publishedAtMs: 0 } };
}

/** A log from 1 on, the start of a sequencer in it, and the log's entries in any order with repeats. */
const offering = fc.array(fc.constantFrom('event' as const, 'tombstone' as const), { minLength: 1, maxLength: 30 }).chain((kinds) => {
  const entries = kinds.map((kind, index) => entry(index + 1, kind));
  return fc.record({
    entries: fc.constant(entries),
    start: fc.nat(entries.length),
    offers: fc
      .tuple(fc.shuffledSubarray(entries, { minLength: entries.length }), fc.array(fc.constantFrom(...entries), { maxLength: 20 }))
      .chain(([all, repeats]) => fc.shuffledSubarray([...all, ...repeats], { minLength: all.length + repeats.length })),
  });
});

describe('a sequencer', () => {
  test('lets every event out once and in order, however late and however often it comes', () => {
    fc.assert(
      fc.property(offering, ({ entries, start, offers }) => {
        const sequencer = new Sequencer({ epoch: EPOCH, seq: start });
        const out = offers.flatMap((offered) => sequencer.offer(offered));
        const wanted = entries.flatMap((e) => (e.kind === 'event' && e.seq > start ? [e.event] : []));
        expect(out).toEqual(wanted);
        expect(sequencer.position).toBe(entries.length);
        expect(sequencer.missing()).toBeUndefined();
      }),
    );
  });

  test('lets nothing out past a gap, and asks for exactly the gap', () => {
    fc.assert(
      fc.property(offering, fc.nat(), ({ entries, start, offers }, pick) => {
        fc.pre(start < entries.length);
        const gap = start + 1 + (pick % (entries.length - start));
        const sequencer = new Sequencer({ epoch: EPOCH, seq: start });
        const before = offers.filter(({ seq }) => seq !== gap).flatMap((offered) => sequencer.offer(offered));
        expect(before.every(({ seq }) => seq < gap)).toBe(true);
        expect(sequencer.position).toBe(gap - 1);
        sequencer.noteHead(entries.length);
        expect(sequencer.missing()).toEqual({ from: gap, to: gap });
        const after = sequencer.offer(entry(gap, 'tombstone'));
        expect(after.every(({ seq }) => seq > gap)).toBe(true);
        expect(sequencer.position).toBe(entries.length);
      }),
    );
  });

  test('misses a lost last event once it knows the head', () => {
    const sequencer = new Sequencer({ epoch: EPOCH, seq: 5 });
    expect(sequencer.missing()).toBeUndefined();
    sequencer.noteHead(7);
    expect(sequencer.missing()).toEqual({ from: 6, to: 7 });
    sequencer.offer(entry(7));
    expect(sequencer.missing()).toEqual({ from: 6, to: 6 });
  });

  test('is not set back by an old head', () => {
    const sequencer = new Sequencer({ epoch: EPOCH, seq: 5 });
    sequencer.noteHead(3);
    expect(sequencer.position).toBe(5);
    expect(sequencer.missing()).toBeUndefined();
  });

  test('keeps a bounded number of entries behind a gap, and asks for those that did not fit', () => {
    const sequencer = new Sequencer({ epoch: EPOCH, seq: 0 });
    for (let seq = 2; seq <= 3_000; seq++) expect(sequencer.offer(entry(seq))).toEqual([]);
    const out = sequencer.offer(entry(1));
    expect(out.length).toBeLessThan(1_100);
    expect(sequencer.missing()).toEqual({ from: out.length + 1, to: 3_000 });
    const rest = Array.from({ length: 3_000 - out.length }, (_, i) => sequencer.offer(entry(out.length + 1 + i))).flat();
    expect([...out, ...rest].map(({ seq }) => seq)).toEqual(Array.from({ length: 3_000 }, (_, i) => i + 1));
  });
});
