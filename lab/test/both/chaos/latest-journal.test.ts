import { beforeEach, describe, expect, test } from '@jest/globals';
import { formatVersion } from '../../../../packages/protocol/version.ts';
import { type HeldKey, LatestJournal } from '../../../both/chaos/latest/latest-journal.ts';

let journal: LatestJournal;

beforeEach(() => {
  journal = new LatestJournal('ann', 'latest.1');
});

const versionOf = (count: number) => ({ createdAt: 1, count });
const take = (key: string, count: number) => journal.take({ key, version: formatVersion(versionOf(count)), data: `${key}${count}` });
const remove = (key: string, count: number) => journal.take({ key, version: formatVersion(versionOf(count)) });

/** What the table has, by key: the count of its version. */
function judged(truth: Readonly<Record<string, number>>): readonly string[] {
  const held = Object.entries(truth).map(([key, count]): [string, HeldKey] => [key, { version: versionOf(count), data: `${key}${count}` }]);
  return journal.judge(new Map(held), new Set(['a1', 'a2', 'a3', 'b1', 'b2']));
}

test('who has the final version of every key has nothing to complain of', () => {
  for (const [key, count] of [
    ['a', 1],
    ['b', 1],
    ['a', 3],
  ] as const)
    take(key, count);
  expect(judged({ a: 3, b: 1 })).toEqual([]);
});

describe('what is found', () => {
  test('a key whose final version never came', () => {
    take('a', 1);
    expect(judged({ a: 2 })).toEqual(['ann: a of latest.1 is a1, and not a2']);
    expect(judged({ a: 1, b: 1 })).toEqual(['ann: b of latest.1 is not there, and not b1']);
  });

  test('a step back, even to a version that comes again later', () => {
    for (const count of [1, 2, 1, 2]) take('a', count);
    expect(judged({ a: 2 })).toEqual([expect.stringContaining('a of latest.1 stepped back to 1.1')]);
  });

  test('a step back behind a removal, and in a snapshot', () => {
    take('a', 1);
    remove('a', 2);
    take('a', 1);
    journal.beginSnapshot();
    take('b', 2);
    take('b', 1);
    journal.endSnapshot();
    expect(judged({ b: 2 })).toHaveLength(2);
  });

  test('a key that was removed and is still there', () => {
    take('a', 1);
    expect(judged({})).toEqual(['ann: a of latest.1 is a1, and not removed']);
  });

  test('a value that nobody published', () => {
    take('b', 3);
    expect(judged({ b: 3 })).toEqual(['ann: b of latest.1 is b3, which nobody published']);
  });
});

test('a snapshot brings the same versions again, and takes away what it does not bring', () => {
  take('a', 2);
  take('b', 1);
  journal.beginSnapshot();
  take('a', 2);
  journal.endSnapshot();
  expect(judged({ a: 2 })).toEqual([]);
});
