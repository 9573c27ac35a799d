import { describe, expect, test } from '@jest/globals';
import { Attendance, judgeLook } from '../../../both/chaos/presence/attendance.ts';

const SETTLED_MS = 10_000;

/** @param changes times at which somebody came, and left, and so on, in seconds */
function somebody(...changes: readonly number[]): Attendance {
  const attendance = new Attendance();
  for (const [index, seconds] of changes.entries()) attendance.note(index % 2 === 0, seconds * 1_000);
  return attendance;
}

const judged = (ann: Attendance, atSeconds: number, ...members: readonly string[]) =>
  judgeLook(
    new Map([['ann', ann]]),
    { askedAtMs: atSeconds * 1_000, answeredAtMs: atSeconds * 1_000 + 500, members: new Set(members) },
    SETTLED_MS,
  );

test('who has been there long enough is listed', () => {
  expect(judged(somebody(5), 20, 'ann')).toEqual([]);
  expect(judged(somebody(5), 20)).toEqual([expect.stringContaining('ann was there for 10 s, and is not listed')]);
});

test('who has been away long enough is not', () => {
  expect(judged(somebody(1, 5), 20)).toEqual([]);
  expect(judged(somebody(1, 5), 20, 'ann')).toEqual([expect.stringContaining('ann was away for 10 s, and is listed')]);
  expect(judged(somebody(), 20, 'ann')).toHaveLength(1);
});

describe('who came or left a moment ago may be either', () => {
  test.each([
    ['came', somebody(11)],
    ['left', somebody(1, 11)],
    ['was cut off and came back', somebody(1, 15, 16)],
    ['left while it was asked', somebody(1, 20.2)],
  ])('%s', (_, ann) => {
    expect([judged(ann, 20), judged(ann, 20, 'ann')]).toEqual([[], []]);
  });
});

test('who connects may be either, until its client knows', () => {
  const ann = new Attendance();
  ann.note(undefined, 1_000);
  expect([judged(ann, 20), judged(ann, 20, 'ann')]).toEqual([[], []]);
  ann.note(true, 5_000);
  expect(judged(ann, 20)).toHaveLength(1);
});

test('nobody is listed who never was there', () => {
  expect(judged(somebody(), 20, 'ben')).toEqual([expect.stringContaining('ben is listed, and never was there')]);
});
