import { beforeEach, describe, expect, test } from '@jest/globals';
import { membersOf, type PresenceRow } from '../../../backbone/domain/presence.ts';
import type { PresenceStore } from '../../../backbone/ports.ts';
import { MAX_LISTED_MEMBERS } from '../../../packages/protocol/presence.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const LEASE_MS = 20_000;

/** What every {@link PresenceStore} promises. `create` answers an empty store. */
export function presenceStoreContract(name: string, create: (clock: ManualClock) => Promise<PresenceStore>): void {
  describe(`${name} as a PresenceStore`, () => {
    let clock: ManualClock;
    let store: PresenceStore;

    beforeEach(async () => {
      clock = new ManualClock();
      store = await create(clock);
      await store.renewLease('task-1', clock.nowMs() + LEASE_MS);
      await store.renewLease('task-2', clock.nowMs() + LEASE_MS);
    });

    const row = (member: string, more: Partial<PresenceRow> = {}): PresenceRow => ({
      channel: 'room',
      owner: 'task-1',
      member,
      data: '',
      connections: 1,
      version: clock.nowMs(),
      ...more,
    });

    async function members(channel = 'room'): Promise<readonly string[] | undefined> {
      const { rows } = await store.read(channel);
      return rows && [...new Set(rows.map(({ member }) => member))].sort();
    }

    test('knows nobody on a channel that nobody has joined', async () => {
      expect(await store.read('room')).toEqual({ count: 0, rows: [] });
    });

    test('returns rows as they were written', async () => {
      const rows = [row('ann', { data: '{"color":"red"}', connections: 3 }), row('bob', { owner: 'task-2' })];
      await store.write(rows, []);
      const read = await store.read('room');
      expect(read.count).toBe(2);
      expect(read.rows).toHaveLength(2);
      expect(read.rows).toEqual(expect.arrayContaining(rows));
    });

    test('replaces the row of the same owner and member', async () => {
      await store.write([row('ann', { data: 'old' })], []);
      await store.write([row('ann', { data: 'new', connections: 2 })], []);
      expect((await store.read('room')).rows).toEqual([row('ann', { data: 'new', connections: 2 })]);
    });

    test('counts a member of two owners once', async () => {
      await store.write([row('ann'), row('ann', { owner: 'task-2', connections: 2 })], []);
      const { count, rows = [] } = await store.read('room');
      expect(count).toBe(1);
      expect(membersOf(rows)).toEqual([{ id: 'ann', connections: 3 }]);
    });

    test('keeps channels apart', async () => {
      await store.write([row('ann'), row('bob', { channel: 'hall' })], []);
      expect([await members(), await members('hall')]).toEqual([['ann'], ['bob']]);
    });

    test('removes rows, whether or not they exist, and only those', async () => {
      await store.write([row('ann'), row('ann', { owner: 'task-2' }), row('bob')], []);
      await store.write([row('cleo')], [row('ann'), row('nobody')]);
      expect((await store.read('room')).count).toBe(3);
      await store.write([], [row('ann', { owner: 'task-2' })]);
      expect(await members()).toEqual(['bob', 'cleo']);
    });

    test('takes subjects of any characters', async () => {
      const odd = ['', '#', 'a#b', 'ünï/cødé 🙂', ' ', '\u0000', 'x'.repeat(255), '"}', '\ud800'.toWellFormed()];
      await store.write(
        odd.map((member) => row(member)),
        [],
      );
      expect(await members()).toEqual([...odd].sort());
    });

    test('leaves out the rows of a task whose lease has lapsed or ended', async () => {
      await store.write([row('ann'), row('bob', { owner: 'task-2' }), row('cleo', { owner: 'task-3' })], []);
      expect(await members()).toEqual(['ann', 'bob']);
      await store.endLease('task-2');
      expect(await members()).toEqual(['ann']);
      await clock.advance(LEASE_MS - 1);
      expect(await members()).toEqual(['ann']);
      await clock.advance(1);
      expect(await store.read('room')).toEqual({ count: 0, rows: [] });
    });

    test('keeps the rows of a task that renews its lease', async () => {
      await store.write([row('ann')], []);
      await clock.advance(LEASE_MS / 2);
      await store.renewLease('task-1', clock.nowMs() + LEASE_MS);
      await clock.advance(LEASE_MS - 1);
      expect(await members()).toEqual(['ann']);
    });

    test('keeps a row with a lease of its own until that lapses, and longer if it is written again', async () => {
      const leased = () => row('ann', { owner: 'connection', leaseUntilMs: clock.nowMs() + 5_000 });
      await store.write([leased()], []);
      await clock.advance(4_999);
      expect(await members()).toEqual(['ann']);
      await store.write([leased()], []);
      await clock.advance(4_999);
      expect(await members()).toEqual(['ann']);
      await clock.advance(1);
      expect(await members()).toEqual([]);
    });

    test('extends the leases of rows that exist, and changes nothing else', async () => {
      const ann = row('ann', { owner: 'connection', data: 'red', leaseUntilMs: clock.nowMs() + 5_000 });
      await store.write([ann], []);
      const untilMs = clock.nowMs() + 9_000;
      await store.extend([ann, { channel: 'room', owner: 'other', member: 'ann' }], untilMs);
      expect((await store.read('room')).rows).toEqual([{ ...ann, leaseUntilMs: untilMs }]);
      await clock.advance(8_999);
      expect(await members()).toEqual(['ann']);
      await clock.advance(1);
      expect(await members()).toEqual([]);
    });

    test('tells which leases hold, and until when', async () => {
      const untilMs = clock.nowMs() + LEASE_MS;
      expect(await store.leases(['task-1', 'task-3', 'task-2'])).toEqual(
        new Map([
          ['task-1', untilMs],
          ['task-2', untilMs],
        ]),
      );
      await clock.advance(LEASE_MS);
      expect(await store.leases(['task-1'])).toEqual(new Map());
      expect(await store.leases([])).toEqual(new Map());
    });

    test('lists up to 1,000 members, and counts more', async () => {
      const crowd = Array.from({ length: MAX_LISTED_MEMBERS }, (_, at) => row(`member-${at}`, { data: 'x'.repeat(50) }));
      await store.write([...crowd, row('member-7', { owner: 'task-2' })], []);
      const listed = await store.read('room');
      expect([listed.count, listed.rows?.length]).toEqual([MAX_LISTED_MEMBERS, MAX_LISTED_MEMBERS + 1]);
      await store.write([row('one too many', { owner: 'task-2' })], []);
      expect(await store.read('room')).toEqual({ count: MAX_LISTED_MEMBERS + 1 });
    });
  });
}
