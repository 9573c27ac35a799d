import { describe, expect, test } from '@jest/globals';
import type { PendingReplay, ReplayStore } from '../../../../lambda/websocket/ports.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

/** How long the stores under test keep a place. */
export const LEASE_MS = 60_000;

const key = (channel: string, connectionId = 'c1', principal = 'ann') => ({ principal, connectionId, channel });

const replayOf = (id: string, sentTo = 0): PendingReplay => ({ id, epoch: 'e', sentTo, settled: sentTo, batch: true });

/** What every {@link ReplayStore} promises. */
export function replayStoreContract(name: string, create: (maxPerPrincipal: number, clock: ManualClock) => Promise<ReplayStore>): void {
  describe(`${name} as a ReplayStore`, () => {
    test('a begun replay is found by its turn, and is gone after its end', async () => {
      const store = await create(2, new ManualClock());
      const replay = { ...replayOf('r1', 7), requestId: 'q' };
      expect(await store.begin(key('a'), replay)).toBe('begun');
      expect(await store.renew(key('a'))).toEqual(replay);
      expect(await store.end(key('a'), 'r1')).toBe(true);
      expect(await store.renew(key('a'))).toBeUndefined();
    });

    test('nothing is found if nothing was begun', async () => {
      const store = await create(2, new ManualClock());
      expect(await store.renew(key('a'))).toBeUndefined();
      expect(await store.end(key('a'), 'r1')).toBe(false);
      await store.cancel(key('a'));
      expect(await store.renew(key('a'))).toBeUndefined();
    });

    test('a new replay of the same connection and channel replaces the old one, which can neither continue nor end it', async () => {
      const store = await create(1, new ManualClock());
      await store.begin(key('a'), replayOf('r1'));
      expect(await store.begin(key('a'), replayOf('r2', 9))).toBe('replaced');
      expect(await store.advance(key('a'), replayOf('r1', 3))).toBe(false);
      expect(await store.end(key('a'), 'r1')).toBe(false);
      expect(await store.renew(key('a'))).toEqual(replayOf('r2', 9));
    });

    test('a snapshot is found with its progress too, and replaces a replay', async () => {
      const store = await create(1, new ManualClock());
      await store.begin(key('a'), replayOf('r1'));
      expect(await store.begin(key('a'), { id: 's1', afterKey: '', requestId: 'q' })).toBe('replaced');
      expect(await store.renew(key('a'))).toEqual({ id: 's1', afterKey: '', requestId: 'q' });
      expect(await store.advance(key('a'), { id: 's1', afterKey: 'k7', requestId: 'q' })).toBe(true);
      expect(await store.renew(key('a'))).toEqual({ id: 's1', afterKey: 'k7', requestId: 'q' });
      expect(await store.end(key('a'), 's1')).toBe(true);
    });

    test('it is found with its progress', async () => {
      const store = await create(1, new ManualClock());
      await store.begin(key('a'), replayOf('r1'));
      expect(await store.advance(key('a'), replayOf('r1', 3))).toBe(true);
      expect(await store.renew(key('a'))).toEqual(replayOf('r1', 3));
    });

    test('a principal has a limit over all its connections, and another has its own', async () => {
      const store = await create(2, new ManualClock());
      expect(await store.begin(key('a', 'c1'), replayOf('r1'))).toBe('begun');
      expect(await store.begin(key('a', 'c2'), replayOf('r2'))).toBe('begun');
      expect(await store.begin(key('b', 'c1'), replayOf('r3'))).toBe('full');
      expect(await store.begin(key('b', 'c3', 'bob'), replayOf('r4'))).toBe('begun');
    });

    test.each(['end', 'cancel'] as const)('%s makes room', async (way) => {
      const store = await create(1, new ManualClock());
      await store.begin(key('a'), replayOf('r1'));
      await (way === 'end' ? store.end(key('a'), 'r1') : store.cancel(key('a')));
      expect(await store.begin(key('b'), replayOf('r2'))).toBe('begun');
    });

    test('a replay whose turns have stopped loses its place to others, and its own channel begins anew', async () => {
      const clock = new ManualClock();
      const store = await create(1, clock);
      await store.begin(key('a'), replayOf('r1'));
      await clock.advance(LEASE_MS - 1);
      expect(await store.begin(key('b'), replayOf('r2'))).toBe('full');
      await clock.advance(1);
      expect(await store.begin(key('a'), replayOf('r3'))).toBe('begun');
      await clock.advance(LEASE_MS);
      expect(await store.begin(key('b'), replayOf('r4'))).toBe('begun');
      expect(await store.renew(key('a'))).toBeUndefined();
    });

    test('a turn keeps the place, and a request that replaces it does not', async () => {
      const clock = new ManualClock();
      const store = await create(1, clock);
      await store.begin(key('a'), replayOf('r1'));
      await clock.advance(LEASE_MS / 2);
      await store.renew(key('a'));
      await clock.advance(LEASE_MS / 2);
      expect(await store.begin(key('a'), replayOf('r2'))).toBe('replaced');
      await clock.advance(LEASE_MS / 2);
      expect(await store.begin(key('a'), replayOf('r3'))).toBe('begun');
    });

    test('of many concurrent ones no more than allowed get a place, and one message of the same channel is queued', async () => {
      const store = await create(3, new ManualClock());
      const others = await Promise.all(
        Array.from({ length: 10 }, (_, index) => store.begin(key(`ch${index}`, 'c1', 'bob'), replayOf(`r${index}`))),
      );
      expect(others.filter((outcome) => outcome === 'begun')).toHaveLength(3);
      await store.begin(key('a'), replayOf('first'));
      const same = await Promise.all(Array.from({ length: 10 }, (_, index) => store.begin(key('a'), replayOf(`s${index}`))));
      expect(new Set(same)).toEqual(new Set(['replaced']));
    });
  });
}
