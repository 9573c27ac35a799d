import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { LogEntry } from '../../../backbone/domain/log-entry.ts';
import { checkResume, settledFloor } from '../../../backbone/domain/resume.ts';
import { ORIGIN } from '../../../packages/protocol/cursor.ts';

const EPOCH = 'k3f9';
const NOW_MS = 1_000_000;
const GRACE_MS = 5_000;
const RETENTION_MS = 100_000;

function event(seq: number, atMs = NOW_MS): LogEntry {
  return {
    kind: 'event',
    seq,
    atMs,
    event: { channel: 'a', epoch: EPOCH, seq, type: 'message', data: '', publishedAtMs: atMs },
  };
}

function tombstone(seq: number, atMs = NOW_MS): LogEntry {
  return { kind: 'tombstone', seq, atMs };
}

describe('checkResume', () => {
  const limits = { nowMs: NOW_MS, retentionMs: RETENTION_MS, graceMs: GRACE_MS };
  /** What is older may be gone while it is read, or have younger neighbours that are gone already. */
  const OLDEST_PROOF_MS = NOW_MS - RETENTION_MS + 2 * GRACE_MS + 1;
  const oldHead = { epoch: EPOCH, seq: 10, createdAtMs: NOW_MS - RETENTION_MS };
  const at = (seq: number) => ({ epoch: EPOCH, seq });

  test('a cursor of another epoch is told so', () => {
    expect(checkResume({ epoch: 'other', seq: 1 }, oldHead, [], limits)).toEqual({ kind: 'reset', reason: 'epoch_changed' });
  });

  test('a cursor of an epoch is told so where the channel has none', () => {
    expect(checkResume(at(1), undefined, [], limits)).toEqual({ kind: 'reset', reason: 'epoch_changed' });
  });

  test('before the first epoch nothing is missed while there is none', () => {
    expect(checkResume(ORIGIN, undefined, [], limits)).toEqual({ kind: 'resumable', from: ORIGIN });
  });

  test('before the first epoch is the start of the epoch that has begun, under the same rules', () => {
    expect(checkResume(ORIGIN, oldHead, [event(1)], limits)).toEqual({ kind: 'resumable', from: at(0) });
    expect(checkResume(ORIGIN, { ...oldHead, createdAtMs: NOW_MS }, [], limits)).toEqual({ kind: 'resumable', from: at(0) });
    expect(checkResume(ORIGIN, oldHead, [event(2)], limits)).toEqual({ kind: 'reset', reason: 'expired' });
  });

  test('a cursor beyond the head is told so', () => {
    expect(checkResume(at(11), oldHead, [], limits)).toEqual({ kind: 'reset', reason: 'ahead' });
  });

  test('a cursor at the head misses nothing', () => {
    expect(checkResume(at(10), oldHead, [], limits)).toMatchObject({ kind: 'resumable' });
  });

  test('the event of the cursor, or the one behind it, proves that nothing has expired after it', () => {
    expect(checkResume(at(5), oldHead, [event(5)], limits)).toMatchObject({ kind: 'resumable' });
    expect(checkResume(at(5), oldHead, [event(6)], limits)).toMatchObject({ kind: 'resumable' });
  });

  test('an event further on proves nothing', () => {
    expect(checkResume(at(5), oldHead, [event(7)], limits)).toEqual({ kind: 'reset', reason: 'expired' });
  });

  test('an event that is about to expire proves nothing: one behind it may have been written before it', () => {
    expect(checkResume(at(5), oldHead, [event(5, OLDEST_PROOF_MS)], limits)).toMatchObject({ kind: 'resumable' });
    expect(checkResume(at(5), oldHead, [event(5, OLDEST_PROOF_MS - 1)], limits)).toEqual({ kind: 'reset', reason: 'expired' });
  });

  test('a tombstone proves as much as an event', () => {
    expect(checkResume(at(5), oldHead, [tombstone(6, OLDEST_PROOF_MS)], limits)).toMatchObject({ kind: 'resumable' });
    expect(checkResume(at(5), oldHead, [tombstone(6, OLDEST_PROOF_MS - 1)], limits)).toEqual({ kind: 'reset', reason: 'expired' });
  });

  test('in an epoch younger than the retention nothing can have expired', () => {
    const youngHead = { ...oldHead, createdAtMs: OLDEST_PROOF_MS };
    expect(checkResume(at(0), youngHead, [], limits)).toMatchObject({ kind: 'resumable' });
    const olderHead = { ...oldHead, createdAtMs: OLDEST_PROOF_MS - 1 };
    expect(checkResume(at(0), olderHead, [], limits)).toEqual({ kind: 'reset', reason: 'expired' });
  });
});

describe('settledFloor', () => {
  const limits = { nowMs: NOW_MS, graceMs: GRACE_MS };
  const OLD_MS = NOW_MS - GRACE_MS - 1;

  test('of an empty log is its start', () => {
    expect(settledFloor(0, [], true, limits)).toBe(0);
  });

  test('is the head where all is written', () => {
    expect(settledFloor(3, [tombstone(3), tombstone(2), tombstone(1)], true, limits)).toBe(3);
  });

  test('lies below a head that is not written yet', () => {
    expect(settledFloor(3, [tombstone(2), tombstone(1)], true, limits)).toBe(2);
    expect(settledFloor(1, [], true, limits)).toBe(0);
  });

  test('lies below the lowest gap that a publisher may still fill', () => {
    expect(settledFloor(6, [tombstone(6), tombstone(4), tombstone(2), tombstone(1)], true, limits)).toBe(2);
  });

  test('does not care for gaps below an old entry', () => {
    expect(settledFloor(6, [tombstone(6), event(5, OLD_MS), event(2, OLD_MS)], false, limits)).toBe(6);
  });

  test('counts a gap right above an old entry: it may be young', () => {
    expect(settledFloor(6, [tombstone(6), event(4, OLD_MS)], false, limits)).toBe(4);
  });

  test('does not trust an old tombstone: what lies below it may be young', () => {
    expect(settledFloor(6, [tombstone(6), tombstone(5, OLD_MS), tombstone(3), event(2, OLD_MS)], false, limits)).toBe(3);
  });

  test('an entry at the grace period itself is not old yet', () => {
    expect(settledFloor(6, [tombstone(6), event(5, NOW_MS - GRACE_MS), event(3, OLD_MS)], false, limits)).toBe(3);
  });

  test('is not known while neither an old entry nor the start was seen', () => {
    expect(settledFloor(6, [tombstone(6), tombstone(5)], false, limits)).toBeUndefined();
    expect(settledFloor(6, [], false, limits)).toBeUndefined();
  });

  test('passes over entries that are newer than the head it was asked for', () => {
    expect(settledFloor(2, [tombstone(4), tombstone(2), tombstone(1)], true, limits)).toBe(2);
  });

  test('never lies above a seq that is young and unwritten', () => {
    // Each seq of a log: when it was assigned, and whether it has been written since.
    const log = fc.array(fc.record({ ageMs: fc.nat(2 * GRACE_MS), written: fc.boolean() }), { maxLength: 20 });
    fc.assert(
      fc.property(log, (seats) => {
        const byAge = [...seats].sort((a, b) => b.ageMs - a.ageMs);
        const entries = byAge.flatMap(({ ageMs, written }, index) => (written ? [event(index + 1, NOW_MS - ageMs)] : []));
        const floor = settledFloor(byAge.length, entries.reverse(), true, limits);
        const open = byAge.findIndex(({ ageMs, written }) => !written && ageMs <= GRACE_MS) + 1;
        if (open > 0) expect(floor).toBeLessThan(open);
      }),
    );
  });
});
