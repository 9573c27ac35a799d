import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Turns } from '../../../fargate/budget/turns.ts';

describe('turns of the event loop', () => {
  test('the event loop gets its turn after a few milliseconds of work', async () => {
    let nowMs = 0;
    const turns = new Turns(() => nowMs);
    const order: string[] = [];
    const work = Array.from({ length: 12 }, (_, index) =>
      turns.run('ann', () => {
        nowMs += 1;
        order.push(`piece ${index}`);
      }),
    );
    await setImmediate();
    const afterFirst = order.length;
    await Promise.all(work);

    expect(afterFirst).toBe(2);
    expect(order).toHaveLength(12);
  });

  test('who has used least goes first, whoever has more to do', async () => {
    const turns = new Turns(() => 0);
    const order: string[] = [];
    const note = (name: string) => turns.run(name, () => order.push(name));
    await Promise.all([note('ann'), note('ann'), note('ann'), note('bob'), note('cid'), note('bob')]);

    expect(order).toEqual(['ann', 'bob', 'cid', 'ann', 'bob', 'ann']);
  });

  test('settles as the work does', async () => {
    const turns = new Turns();
    await expect(turns.run('ann', () => 7)).resolves.toBe(7);
    await expect(
      turns.run('ann', () => {
        throw new RangeError('too far');
      }),
    ).rejects.toThrow('too far');
  });
});
