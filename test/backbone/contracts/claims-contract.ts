import { beforeEach, describe, expect, test } from '@jest/globals';
import type { EventLog } from '../../../backbone/ports.ts';
import type { ChannelPosition } from '../../../packages/protocol/cursor.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const RETENTION_MS = 60_000;

/** What every {@link EventLog} promises about the ids of publications, by which a repeated one is found. `create` answers an empty log. */
export function claimsContract(name: string, create: (clock: ManualClock, retentionMs: number) => Promise<EventLog>): void {
  describe(`${name} as an EventLog, claims`, () => {
    let clock: ManualClock;
    let log: EventLog;

    beforeEach(async () => {
      clock = new ManualClock();
      log = await create(clock, RETENTION_MS);
    });

    const one = { epoch: 'e1', seq: 1 };
    const two = { epoch: 'e1', seq: 2 };
    const three = { epoch: 'e1', seq: 3 };
    const key = { channel: 'a', scope: 'ann', key: 'k' };
    const at = (position: ChannelPosition, allocatedAtMs = clock.nowMs()) => ({ ...position, allocatedAtMs, contentHash: 'h' });

    test('a new key has none', async () => {
      expect(await log.claim(key)).toBeUndefined();
    });

    test('the first caller ties the key, and the second learns its position', async () => {
      const nowMs = clock.nowMs();
      const claim = { ...one, allocatedAtMs: nowMs, contentHash: 'h', notified: false };
      expect(await log.setClaim(key, at(one, nowMs))).toEqual(claim);
      expect(await log.setClaim(key, at(two, nowMs + 1))).toEqual(claim);
      expect(await log.claim(key)).toEqual(claim);
    });

    test('a key belongs to its channel', async () => {
      await log.setClaim(key, at(one));
      expect(await log.claim({ ...key, channel: 'b' })).toBeUndefined();
    });

    test.each([
      ['another', 'bob', 'k'],
      ['one whose name and key look like it', 'an', 'nk'],
      ['one whose name holds separators', 'ann#k', '#'],
      ['one with a very long name', 'ann'.repeat(1_000), 'k'],
    ])('a key belongs to its scope, and not to %s', async (_, scope, other) => {
      await log.setClaim(key, at(one));
      const foreign = { channel: 'a', scope, key: other };
      expect(await log.claim(foreign)).toBeUndefined();
      expect(await log.setClaim(foreign, at(two))).toMatchObject(two);
      await log.markNotified(foreign, two);
      expect(await log.claim(key)).toMatchObject({ ...one, notified: false });
    });

    test('moves for a caller who knows what it holds', async () => {
      await log.setClaim(key, at(one));
      expect(await log.setClaim(key, at(two), one)).toMatchObject(two);
      expect(await log.claim(key)).toMatchObject(two);
    });

    test('stays for a caller who knows what it held before', async () => {
      await log.setClaim(key, at(two));
      expect(await log.setClaim(key, at(three), one)).toMatchObject(two);
      expect(await log.setClaim(key, at(three), { epoch: 'e0', seq: 2 })).toMatchObject(two);
    });

    test('setting it again by its owner returns the same', async () => {
      await log.setClaim(key, at(one));
      expect(await log.setClaim(key, at(one))).toMatchObject(one);
    });

    test('lives as long as the events, then the key is free', async () => {
      await log.setClaim(key, at(one));
      await clock.advance(RETENTION_MS - 1);
      expect(await log.claim(key)).toMatchObject(one);
      await clock.advance(1);
      expect(await log.claim(key)).toBeUndefined();
      expect(await log.setClaim(key, at(two))).toMatchObject(two);
    });

    test('of a batch that has moved says where each event is, and lives from its first position on', async () => {
      const moved = { positions: [one, three], firstAllocatedAtMs: clock.nowMs() };
      await log.setClaim(key, at(one));
      await clock.advance(10_000);
      const set = await log.setClaim(key, { ...at(three), moved }, one);
      expect(set).toMatchObject({ ...three, moved });
      expect(await log.claim(key)).toEqual(set);
      await clock.advance(RETENTION_MS - 10_001);
      expect(await log.claim(key)).toEqual(set);
      await clock.advance(1);
      expect(await log.claim(key)).toBeUndefined();
    });

    test('remembers that the notification was sent', async () => {
      await log.setClaim(key, at(one));
      await log.markNotified(key, one);
      expect(await log.claim(key)).toMatchObject({ ...one, notified: true });
    });

    test('forgets it when the claim moves, and a late mark of the old position changes nothing', async () => {
      await log.setClaim(key, at(one));
      await log.markNotified(key, one);
      await log.setClaim(key, at(two), one);
      await log.markNotified(key, one);
      expect(await log.claim(key)).toMatchObject({ ...two, notified: false });
    });

    test('a mark for a key without a claim creates none', async () => {
      await log.markNotified(key, one);
      expect(await log.claim(key)).toBeUndefined();
    });
  });
}
