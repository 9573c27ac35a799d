import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Reservation, Shares } from '../../../../fargate/sse/budget/shares.ts';

const ignore = () => {};

describe('shares of what a task has', () => {
  test('one principal alone may hold half, and no more', () => {
    const shares = new Shares(1_000);

    expect(shares.reserve('ann', 501, ignore)).toBeUndefined();
    expect(shares.reserve('ann', 500, ignore)?.amount).toBe(500);
    expect(shares.reserve('ann', 1, ignore)).toBeUndefined();
    expect(shares.used).toBe(500);
  });

  test('a newcomer gets a fair share, whatever the others hold, and the largest holder loses its oldest reservation', () => {
    const shares = new Shares(900);
    const revoked: string[] = [];
    for (const [index, principal] of ['ann', 'bob', 'cid', 'dan'].entries()) {
      for (let piece = 0; shares.reserve(principal, 25, () => revoked.push(`${principal} ${piece}`)) !== undefined; piece++);
      expect(shares.used).toBeLessThanOrEqual(900);
      expect(shares.shareOf(principal)).toBeGreaterThanOrEqual(Math.floor(900 / (index + 2)));
    }
    expect(shares.reserve('eve', 150, ignore)?.amount).toBe(150);

    expect(revoked[0]).toBe('ann 0');
    expect(shares.takeRevoked()).toBe(revoked.length);
    expect(shares.takeRevoked()).toBe(0);
  });

  test('a share is free again when it is released, once', () => {
    const shares = new Shares(100);
    const reservation = shares.reserve('ann', 40, ignore);
    reservation?.release();
    reservation?.release();

    expect(shares.used).toBe(0);
    expect(reservation?.resize(1)).toBe(false);
  });

  test('a reservation grows and shrinks', () => {
    const shares = new Shares(100);
    const reservation = shares.reserve('ann', 10, ignore);

    expect(reservation?.resize(50)).toBe(true);
    expect(reservation?.resize(51)).toBe(false);
    expect(shares.used).toBe(50);
    expect(reservation?.resize(5)).toBe(true);
    expect(shares.used).toBe(5);
    reservation?.release();
    expect(shares.used).toBe(0);
  });

  test('waiters are served when there is room, principals in turns', async () => {
    const shares = new Shares(40);
    const signal = new AbortController().signal;
    const held = shares.reserve('ann', 20, ignore);
    const served: string[] = [];
    const waitFor = (principal: string, name: string) =>
      shares.wait(principal, 20, ignore, signal).then((reservation) => {
        served.push(name);
        return reservation;
      });
    const first = waitFor('ann', 'ann 1');
    const second = waitFor('ann', 'ann 2');
    await setImmediate();
    expect(served).toEqual([]);

    held?.release();
    (await first).release();
    (await second).release();
    expect(served).toEqual(['ann 1', 'ann 2']);
    expect(shares.used).toBe(0);
  });

  test('an aborted waiter leaves nothing behind', async () => {
    const shares = new Shares(40);
    const held = shares.reserve('ann', 20, ignore);
    const leaving = new AbortController();
    const waiting = shares.wait('ann', 20, ignore, leaving.signal);
    leaving.abort(new Error('left'));

    await expect(waiting).rejects.toThrow('left');
    held?.release();
    await setImmediate();
    expect(shares.used).toBe(0);
  });

  test('whatever is requested, the total is not exceeded, and a fair share is always granted', () => {
    const step = fc.record({ principal: fc.integer({ min: 0, max: 8 }), amount: fc.integer({ min: 1, max: 400 }), release: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const total = 1_000;
        const shares = new Shares(total);
        const held = new Map<string, Set<Reservation>>();
        const own = (name: string) => held.get(name) ?? held.set(name, new Set()).get(name) ?? new Set();
        for (const { principal, amount, release } of steps) {
          const name = `p${principal}`;
          if (release) {
            for (const reservation of own(name)) reservation.release();
            held.delete(name);
            continue;
          }
          const mine = [...own(name)].reduce((sum, reservation) => sum + reservation.amount, 0);
          const holders = [...held.values()].filter(({ size }) => size > 0).length + (own(name).size > 0 ? 0 : 1);
          const granted: Reservation | undefined = shares.reserve(name, amount, () => {
            if (granted !== undefined) own(name).delete(granted);
          });
          if (mine + amount <= Math.floor(total / (holders + 1))) expect(granted).toBeDefined();
          if (granted !== undefined) own(name).add(granted);
          expect(shares.used).toBeLessThanOrEqual(total);
          const sum = [...held.values()].flatMap((set) => [...set]).reduce((all, reservation) => all + reservation.amount, 0);
          expect(shares.used).toBe(sum);
        }
      }),
    );
  });
});

test('while there is plenty of an amount, every request for it is granted', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('ann', 'bob', 'carol'), fc.nat({ max: 300 })), { maxLength: 20 }), (asked) => {
      const shares = new Shares(1_000);
      for (const [principal, amount] of asked) {
        const isPlenty = shares.isPlenty(amount);
        const reservation = shares.reserve(principal, amount, () => {});
        if (isPlenty) expect(reservation).toBeDefined();
      }
    }),
  );
});
