import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Turns } from '../../../../fargate/sse/budget/turns.ts';

describe('turns of the event loop', () => {
  test('pages get half of the time, and the event loop its turn after half a millisecond', async () => {
    let nowMs = 0;
    const turns = new Turns(() => nowMs);
    const startedAtMs: number[] = [];
    const work = Array.from({ length: 4 }, () =>
      turns.forPage('ann', () => {
        startedAtMs.push(nowMs);
        nowMs += 0.6;
      }),
    );
    const time = setInterval(() => {
      nowMs += 0.3;
    });
    await Promise.all(work);
    clearInterval(time);

    const pauses = startedAtMs.slice(1).map((atMs, index) => atMs - (startedAtMs[index] ?? 0) - 0.6);
    for (const pause of pauses) expect(pause).toBeGreaterThanOrEqual(0.599);
  });

  test('the principal that has used least is first, however much others have to do', async () => {
    const turns = new Turns(() => 0);
    const order: string[] = [];
    const note = (name: string) => turns.forPage(name, () => order.push(name));
    await Promise.all([note('ann'), note('ann'), note('ann'), note('bob'), note('cid'), note('bob')]);

    expect(order).toEqual(['ann', 'bob', 'cid', 'ann', 'bob', 'ann']);
  });

  test('a single request is done at once, and one of many waits for its turn', async () => {
    let nowMs = 0;
    const turns = new Turns(() => nowMs);
    const order: string[] = [];
    const work = (name: string) => () => {
      nowMs += 1.2;
      order.push(name);
    };
    turns.forRequest('ann', work('ann 1'));
    turns.forRequest('ann', work('ann 2'));
    const waiting = [turns.forRequest('ann', work('ann 3')), turns.forRequest('bob', work('bob'))];
    const atOnce = [...order];
    await Promise.all(waiting);
    await setImmediate();
    turns.forRequest('ann', work('ann 4'));

    expect(atOnce).toEqual(['ann 1', 'ann 2']);
    expect(order).toEqual(['ann 1', 'ann 2', 'bob', 'ann 3', 'ann 4']);
  });

  test('requests come before pages, however many pieces of pages wait', async () => {
    const turns = new Turns(() => 0);
    const order: string[] = [];
    const pages = Array.from({ length: 3 }, () => turns.forPage('ann', () => order.push('page')));
    const busy = Array.from({ length: 50 }, () => turns.forRequest('bob', () => order.push('request')));
    await Promise.all([...pages, ...busy]);

    expect(order.slice(0, 50)).toEqual(Array(50).fill('request'));
    expect(order).toHaveLength(53);
  });

  test('settles as the work does', async () => {
    const turns = new Turns();
    await expect(turns.forPage('ann', () => 7)).resolves.toBe(7);
    await expect(
      turns.forPage('ann', () => {
        throw new RangeError('too far');
      }),
    ).rejects.toThrow('too far');
  });
});
