import { expect, test } from '@jest/globals';
import { inParallel } from '../../../backbone/services/in-parallel.ts';

/** Work that ends when it is told to. */
function controlled() {
  const begun: number[] = [];
  const ends: PromiseWithResolvers<string>[] = [];
  return {
    begun,
    ends,
    work: (item: number): Promise<string> => {
      begun.push(item);
      const end = Promise.withResolvers<string>();
      ends.push(end);
      return end.promise;
    },
  };
}

/** Long enough for whatever can happen without new input. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

test('no more than the width are under way, and results come in the order of the items', async () => {
  const { begun, ends, work } = controlled();
  const all = inParallel([1, 2, 3], 2, work);
  await settled();
  expect(begun).toEqual([1, 2]);
  ends[1]?.resolve('two');
  await settled();
  expect(begun).toEqual([1, 2, 3]);
  ends[2]?.resolve('three');
  ends[0]?.resolve('one');
  expect(await all).toEqual(['one', 'two', 'three']);
});

test('a failure begins nothing more, and is reported when nothing is under way', async () => {
  const { begun, ends, work } = controlled();
  let isOver = false;
  const all = inParallel([1, 2, 3], 2, work).finally(() => {
    isOver = true;
  });
  all.catch(() => {});
  await settled();
  ends[0]?.reject(new Error('first'));
  await settled();
  expect([begun, isOver]).toEqual([[1, 2], false]);
  ends[1]?.resolve('two');
  await expect(all).rejects.toThrow('first');
  expect(begun).toEqual([1, 2]);
});

test('of nothing is nothing', async () => {
  expect(await inParallel([], 3, async () => 'x')).toEqual([]);
});
