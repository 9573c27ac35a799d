import { beforeEach, describe, expect, test } from '@jest/globals';
import { type ClosedConnection, MAX_CHANNELS_PER_CONNECTION, presenceOf } from '../../../../lambda/websocket/domain/connection.ts';
import type { SubscribedConnection } from '../../../../lambda/websocket/domain/delivery-job.ts';
import type { ConnectionStore, OnClosed } from '../../../../lambda/websocket/ports.ts';
import { MAX_PRESENT_CHANNELS } from '../../../../packages/protocol/presence.ts';
import { EVERYBODY } from '../../../support/access.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const TTL_MS = 60_000;

/** What every {@link ConnectionStore} promises. `create` answers an empty store. */
export function connectionStoreContract(
  name: string,
  create: (clock: ManualClock, ttlMs: number, onClosed: OnClosed) => Promise<ConnectionStore>,
): void {
  describe(`${name} as a ConnectionStore`, () => {
    let clock: ManualClock;
    let store: ConnectionStore;
    /** What the store has told of. */
    let closed: ClosedConnection[];

    beforeEach(async () => {
      clock = new ManualClock();
      closed = [];
      store = await create(clock, TTL_MS, async (connection) => {
        closed.push(connection);
      });
    });

    async function connect(connectionId: string, ...channels: string[]): Promise<void> {
      await store.open({ ...EVERYBODY, connectionId, connectedAtMs: clock.nowMs() });
      for (const channel of channels) expect(await store.subscribe(connectionId, channel)).toBe('subscribed');
    }

    async function subscribersOf(channel: string): Promise<readonly SubscribedConnection[]> {
      return (await store.subscribers(channel, 100)).subscribers;
    }

    async function idsOn(channel: string): Promise<readonly string[]> {
      return (await subscribersOf(channel)).map(({ connectionId }) => connectionId).sort();
    }

    test('a subscription shows among its channel subscribers only', async () => {
      await connect('c1', 'a');
      expect(await idsOn('a')).toEqual(['c1']);
      expect(await idsOn('b')).toEqual([]);
    });

    test('a subscription says whether its client accepts several events per frame, as it was asked for last', async () => {
      await connect('c1', 'a', 'b');
      await store.subscribe('c1', 'a', true);
      expect(await subscribersOf('a')).toEqual([{ connectionId: 'c1', version: expect.any(String), batch: true }]);
      await store.subscribe('c1', 'a');
      expect(await subscribersOf('a')).toEqual([{ connectionId: 'c1', version: expect.any(String) }]);
    });

    test('a connection is found with what its token allows', async () => {
      const rights = { subscribe: ['orders.*'], publish: ['chat'] };
      const expiresAtMs = clock.nowMs() + TTL_MS / 2;
      await store.open({ connectionId: 'c1', principal: 'ann', rights, connectedAtMs: clock.nowMs(), expiresAtMs });
      expect(await store.find('c1')).toEqual({
        connectionId: 'c1',
        principal: 'ann',
        rights,
        connectedAtMs: clock.nowMs(),
        expiresAtMs,
        channels: [],
        watched: [],
        presence: { channels: [], leaseUntilMs: 0, version: 0 },
      });
      expect(await store.find('nobody')).toBeUndefined();
    });

    test('a connection that follows the presence of a channel is found with it, and among nobody who subscribes to the channel', async () => {
      await connect('c1', presenceOf('a'), 'b');
      expect(await store.find('c1')).toMatchObject({ channels: ['b'], watched: ['a'] });
      expect([await idsOn('a'), await idsOn(presenceOf('a'))]).toEqual([[], ['c1']]);
      await store.close('c1');
      expect(await idsOn(presenceOf('a'))).toEqual([]);
    });

    test('a connection is found with the channels that it is present on, and keeps its version after it has left', async () => {
      await connect('c1');
      expect(await store.enter('c1', 'a', { version: 1, untilMs: 1_000 })).toBe('entered');
      expect(await store.enter('c1', 'a', { version: 2, untilMs: 2_000 })).toBe('entered');
      expect((await store.find('c1'))?.presence).toEqual({ channels: ['a'], leaseUntilMs: 1_000, version: 2 });
      await store.renew('c1', 3_000);
      expect((await store.find('c1'))?.presence).toEqual({ channels: ['a'], leaseUntilMs: 3_000, version: 2 });
      await store.leave('c1', 'a', 4);
      expect((await store.find('c1'))?.presence).toMatchObject({ channels: [], version: 4 });
    });

    test('a connection is present on a limited number of channels', async () => {
      await connect('c1');
      const enter = (channel: string) => store.enter('c1', channel, { version: 1, untilMs: 1_000 });
      for (let nth = 0; nth < MAX_PRESENT_CHANNELS; nth++) expect(await enter(`a${nth}`)).toBe('entered');
      expect([await enter('b'), await enter('a0')]).toEqual(['full', 'entered']);
    });

    test('a connection without an unexpired row is present nowhere, and gets no row', async () => {
      await connect('c1');
      await clock.advance(TTL_MS + 1_000);
      const entered = ['c1', 'nobody'].map((connectionId) => store.enter(connectionId, 'a', { version: 1, untilMs: 1_000 }));
      expect(await Promise.all(entered)).toEqual(['gone', 'gone']);
      await Promise.all([store.renew('nobody', 1_000), store.leave('nobody', 'a', 1)]);
      expect(await store.find('nobody')).toBeUndefined();
    });

    test('closing a connection tells once where it was present, and nothing of others', async () => {
      await connect('c1');
      await connect('c2', 'a');
      await store.enter('c1', 'a', { version: 7, untilMs: 1_000 });
      await Promise.all(['c1', 'c1', 'c2', 'nobody'].map((connectionId) => store.close(connectionId)));
      const presence = { channels: ['a'], leaseUntilMs: 1_000, version: 7 };
      expect(closed).toEqual([{ connectionId: 'c1', principal: EVERYBODY.principal, presence }]);
    });

    test('a connection is found with the channels that it is subscribed to', async () => {
      await connect('c1', 'a', 'b', 'c');
      await store.unsubscribe('c1', 'b');
      expect([...((await store.find('c1'))?.channels ?? [])].sort()).toEqual(['a', 'c']);
      await store.unsubscribe('c1', 'a');
      await store.unsubscribe('c1', 'c');
      expect((await store.find('c1'))?.channels).toEqual([]);
    });

    test('a connection whose token ends first ends with it: nothing is subscribed or delivered from then on', async () => {
      await store.open({ ...EVERYBODY, connectionId: 'c1', connectedAtMs: clock.nowMs(), expiresAtMs: clock.nowMs() + TTL_MS / 2 });
      await store.subscribe('c1', 'a');
      await clock.advance(TTL_MS / 2 - 1);
      expect(await idsOn('a')).toEqual(['c1']);
      await clock.advance(1);
      expect(await idsOn('a')).toEqual([]);
      expect(await store.subscribe('c1', 'b')).toBe('gone');
    });

    test('a token that lasts longer than the row does not make the row last longer', async () => {
      await store.open({ ...EVERYBODY, connectionId: 'c1', connectedAtMs: clock.nowMs(), expiresAtMs: clock.nowMs() + 2 * TTL_MS });
      expect((await store.find('c1'))?.expiresAtMs).toBe(clock.nowMs() + TTL_MS);
    });

    test('a channel has many subscribers and a connection many channels', async () => {
      await connect('c1', 'a', 'b');
      await connect('c2', 'a');
      expect(await idsOn('a')).toEqual(['c1', 'c2']);
      expect(await idsOn('b')).toEqual(['c1']);
    });

    describe('of a principal with a limit', () => {
      const open = (connectionId: string, principal = 'ann', most = 2) =>
        store.open({ ...EVERYBODY, principal, connectionId, connectedAtMs: clock.nowMs() }, most);

      test('no more are opened, and a refused one leaves no row', async () => {
        expect([await open('c1'), await open('c2'), await open('c3')]).toEqual(['opened', 'opened', 'overLimit']);
        expect(await store.find('c3')).toBeUndefined();
      });

      test('others are not counted', async () => {
        await open('c1', 'ann', 1);
        expect(await open('c2', 'bob', 1)).toBe('opened');
      });

      test('a closed one makes room', async () => {
        await open('c1', 'ann', 1);
        await store.close('c1');
        expect(await open('c2', 'ann', 1)).toBe('opened');
      });

      test('an expired one makes room, even if nobody has closed it', async () => {
        await open('c1', 'ann', 1);
        await clock.advance(TTL_MS);
        expect(await open('c2', 'ann', 1)).toBe('opened');
      });

      test('of many concurrent ones no more are opened', async () => {
        const outcomes = await Promise.all(Array.from({ length: 10 }, (_, i) => open(`c${i}`, 'ann', 3)));
        expect(outcomes.filter((outcome) => outcome === 'opened')).toHaveLength(3);
      });
    });

    test('subscribing twice leaves one subscription, with a new version', async () => {
      await connect('c1', 'a');
      const [before] = await subscribersOf('a');
      await store.subscribe('c1', 'a');
      const after = await subscribersOf('a');
      expect(after).toHaveLength(1);
      expect(after[0]?.version).not.toBe(before?.version);
    });

    test('subscribing without a connection returns gone, and writes nothing', async () => {
      expect(await store.subscribe('nobody', 'a')).toBe('gone');
      expect(await idsOn('a')).toEqual([]);
      await connect('nobody');
      expect(await idsOn('a')).toEqual([]);
    });

    test('subscribing after the close returns gone', async () => {
      await connect('c1');
      await store.close('c1');
      expect(await store.subscribe('c1', 'a')).toBe('gone');
      expect(await idsOn('a')).toEqual([]);
    });

    test('a connection has a limit of channels, may subscribe to one of them again, and has room after leaving one', async () => {
      const channels = Array.from({ length: MAX_CHANNELS_PER_CONNECTION }, (_, i) => `ch${i}`);
      await connect('c1', ...channels);
      expect(await store.subscribe('c1', 'one-more')).toBe('full');
      expect(await idsOn('one-more')).toEqual([]);
      expect(await store.subscribe('c1', 'ch0')).toBe('again');
      await store.unsubscribe('c1', 'ch0');
      expect(await store.subscribe('c1', 'one-more')).toBe('subscribed');
    });

    test('an expired connection is gone, however many channels it has', async () => {
      await connect('c1', ...Array.from({ length: MAX_CHANNELS_PER_CONNECTION }, (_, i) => `ch${i}`));
      await clock.advance(TTL_MS);
      expect(await store.subscribe('c1', 'one-more')).toBe('gone');
    });

    test('unsubscribing leaves the connection its other channels', async () => {
      await connect('c1', 'a', 'b');
      await store.unsubscribe('c1', 'a');
      expect(await idsOn('a')).toEqual([]);
      expect(await idsOn('b')).toEqual(['c1']);
    });

    test('unsubscribing what was not subscribed changes nothing', async () => {
      await connect('c1', 'a');
      await store.unsubscribe('c1', 'b');
      expect(await idsOn('a')).toEqual(['c1']);
    });

    test('unsubscribing a closed connection does not recreate it', async () => {
      await connect('c1', 'a');
      await store.close('c1');
      await store.unsubscribe('c1', 'a');
      expect(await store.subscribe('c1', 'a')).toBe('gone');
    });

    test('closing removes every subscription, even more than one batch, and no others', async () => {
      const channels = Array.from({ length: 60 }, (_, i) => `ch${i}`);
      await connect('c1', ...channels);
      await connect('c2', 'ch0', 'ch59');
      await store.close('c1');
      const left = await Promise.all(channels.map(idsOn));
      expect(left.flat()).toEqual(['c2', 'c2']);
    });

    test('closing what is not open is fine', async () => {
      await store.close('nobody');
      await connect('c1');
      await store.close('c1');
      await store.close('c1');
    });

    test('pages put together are all subscribers, each once', async () => {
      for (let i = 0; i < 7; i++) await connect(`c${i}`, 'a');
      const found: string[] = [];
      let after: string | undefined;
      do {
        const page = await store.subscribers('a', 3, after);
        expect(page.subscribers.length).toBeLessThanOrEqual(3);
        found.push(...page.subscribers.map(({ connectionId }) => connectionId));
        after = page.next;
      } while (after !== undefined);
      expect(found.sort()).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6']);
    });

    test('paging continues after a subscriber that has left in the meantime', async () => {
      for (let i = 0; i < 4; i++) await connect(`c${i}`, 'a');
      const first = await store.subscribers('a', 2);
      for (const { connectionId } of first.subscribers) await store.close(connectionId);
      const rest = await store.subscribers('a', 10, first.next);
      expect(rest.subscribers).toHaveLength(2);
    });

    test('an expired connection has no subscriptions and cannot subscribe', async () => {
      await connect('old', 'a');
      await clock.advance(TTL_MS - 1);
      await connect('new', 'a');
      expect(await idsOn('a')).toEqual(['new', 'old']);
      await clock.advance(1);
      expect(await idsOn('a')).toEqual(['new']);
      expect(await store.subscribe('old', 'b')).toBe('gone');
    });

    test('a subscription expires with its connection, however late it was made', async () => {
      await connect('c1');
      await clock.advance(TTL_MS - 1000);
      await store.subscribe('c1', 'a');
      await clock.advance(1000);
      expect(await idsOn('a')).toEqual([]);
    });

    test('forgetting removes the subscription that was read', async () => {
      await connect('c1', 'a', 'b');
      const [subscriber] = await subscribersOf('a');
      expect(await store.forget('a', subscriber as SubscribedConnection)).toBe('forgotten');
      expect(await idsOn('a')).toEqual([]);
      expect(await idsOn('b')).toEqual(['c1']);
    });

    test('forgetting keeps a subscription that was renewed since it was read', async () => {
      await connect('c1', 'a');
      const [stale] = await subscribersOf('a');
      await store.subscribe('c1', 'a');
      expect(await store.forget('a', stale as SubscribedConnection)).toBe('changed');
      expect(await idsOn('a')).toEqual(['c1']);
    });

    test('forgetting what is gone is fine', async () => {
      expect(await store.forget('a', { connectionId: 'nobody', version: 'v0' })).toBe('changed');
    });

    test('opening again starts without subscriptions and closes cleanly', async () => {
      await connect('c1', 'a');
      await store.close('c1');
      await connect('c1', 'b');
      await store.close('c1');
      expect([...(await idsOn('a')), ...(await idsOn('b'))]).toEqual([]);
    });
  });
}
