import { beforeEach, describe, expect, test } from '@jest/globals';
import { type LatestEvent, REMOVAL_LIFETIME_MS } from '../../../backbone/domain/latest-event.ts';
import { TooManyKeysError } from '../../../backbone/domain/latest-publication.ts';
import type { LatestStore } from '../../../backbone/ports.ts';
import { MAX_LATEST_KEYS } from '../../../packages/protocol/publication.ts';
import { compareVersions } from '../../../packages/protocol/version.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const RETENTION_MS = 3_600_000;

/** A store, and a fast way to fill it. */
export interface StoreUnderTest {
  readonly store: LatestStore;
  /** Stores the first versions of the keys `k0`, `k1` … of the channel `a`, as if each had been put. */
  fill(keys: number): Promise<void>;
}

/** What every {@link LatestStore} promises. `create` answers an empty store. */
export function latestStoreContract(name: string, create: (clock: ManualClock, retentionMs: number) => Promise<StoreUnderTest>): void {
  describe(`${name} as a LatestStore`, () => {
    let clock: ManualClock;
    let store: LatestStore;
    let fill: StoreUnderTest['fill'];

    beforeEach(async () => {
      clock = new ManualClock();
      ({ store, fill } = await create(clock, RETENTION_MS));
    });

    const put = (key: string, data: string, channel = 'a') => store.put({ channel, key, value: { type: 'price', data } });
    const remove = (key: string) => store.put({ channel: 'a', key, value: 'removed' });
    const read = (channel = 'a') => store.read(channel, 'strong');

    test('keeps the newest event of each key, and counts', async () => {
      const createdAt = clock.nowMs();
      await put('x', '1');
      await clock.advance(1_000);
      const stored = await put('x', '2');
      expect(stored).toEqual({
        channel: 'a',
        key: 'x',
        version: { createdAt, count: 2 },
        type: 'price',
        data: '2',
        publishedAtMs: createdAt + 1_000,
        expiresAtMs: createdAt + 1_000 + RETENTION_MS,
      });
      const other = await put('y', '1');
      expect(new Set(await read())).toEqual(new Set([stored, other]));
      expect(new Set(await store.read('a', 'eventual'))).toEqual(new Set([stored, other]));
    });

    test('keeps channels apart, and has nothing of a channel that was never used', async () => {
      const mine = await put('x', '1', 'b');
      expect(await read('b')).toEqual([mine]);
      expect(await read('c')).toEqual([]);
    });

    test('gives each of many publishers of a new key a version of its own', async () => {
      const stored = await Promise.all(Array.from({ length: 20 }, (_, at) => put('x', `${at}`)));
      expect(stored.map(({ version }) => version.count).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
      const newest = stored.find(({ version }) => version.count === 20);
      expect(await read()).toEqual([newest]);
    });

    test('a removal is a version without data, after which the key goes on', async () => {
      const createdAt = clock.nowMs();
      await put('x', '1');
      const removed = await remove('x');
      const version = { createdAt, count: 2 };
      expect(removed).toEqual({
        channel: 'a',
        key: 'x',
        version,
        removed: true,
        publishedAtMs: createdAt,
        expiresAtMs: createdAt + REMOVAL_LIFETIME_MS,
      });
      expect(await read()).toEqual([removed]);
      const again = await put('x', '2');
      expect(again).toMatchObject({ data: '2', version: { createdAt, count: 3 } });
      expect(await read()).toEqual([again]);
    });

    test('a key ends its retention after its newest event, and begins anew with a version that is newer', async () => {
      const first = await put('x', '1');
      await clock.advance(RETENTION_MS - 1_000);
      const second = await put('x', '2');
      await clock.advance(RETENTION_MS - 1_000);
      expect(await read()).toEqual([second]);
      await clock.advance(1_000);
      expect(await read()).toEqual([]);
      const third = await put('x', '3');
      expect(third.version).toEqual({ createdAt: clock.nowMs(), count: 1 });
      const versions = [first, second, third].map(({ version }) => version);
      expect([...versions].reverse().sort(compareVersions)).toEqual(versions);
      expect(await read()).toEqual([third]);
    });

    test('the version of a removed key is forgotten sooner, and the next one is newer nevertheless', async () => {
      await put('x', '1');
      const removed = await remove('x');
      await clock.advance(REMOVAL_LIFETIME_MS);
      expect(await read()).toEqual([]);
      const again = await put('x', '2');
      expect(again.version).toEqual({ createdAt: clock.nowMs(), count: 1 });
      expect(compareVersions(again.version, removed.version)).toBeGreaterThan(0);
    });

    describe('with as many keys as a channel may have', () => {
      const keys = (events: readonly LatestEvent[]) => new Set(events.map(({ key }) => key));

      test('refuses another one, and goes on with those that it has', async () => {
        await fill(MAX_LATEST_KEYS);
        await expect(put('x', '')).rejects.toThrow(new TooManyKeysError({ channel: 'a', key: 'x' }));
        expect((await put('k0', '')).version.count).toBe(2);
        expect(keys(await read()).size).toBe(MAX_LATEST_KEYS);
        await expect(put('x', '', 'b')).resolves.toMatchObject({ version: { count: 1 } });
      });

      test('takes others when keys have expired or were removed a while ago', async () => {
        await fill(MAX_LATEST_KEYS);
        await clock.advance(RETENTION_MS - REMOVAL_LIFETIME_MS);
        for (let at = 2; at < 10; at++) await put(`k${at}`, '');
        await remove('k1');
        await expect(put('x', '')).rejects.toThrow(TooManyKeysError);
        await clock.advance(REMOVAL_LIFETIME_MS);
        await put('x', '');
        expect(keys(await read())).toEqual(new Set(['x', ...Array.from({ length: 8 }, (_, at) => `k${at + 2}`)]));
      });
    });
  });
}
