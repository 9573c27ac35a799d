import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseJsonObject } from '../../../backbone/domain/notification.ts';
import {
  encodePresenceNotification,
  isPresenceNotification,
  membersOf,
  type PresenceNotification,
  type PresenceRow,
  readPresenceNotification,
  splitPresenceNotification,
  toMember,
  toPresenceResponse,
  versionAfter,
} from '../../../backbone/domain/presence.ts';
import { PresenceView } from '../../../backbone/domain/presence-view.ts';

const row = (member: string, more: Partial<PresenceRow> = {}): PresenceRow => ({
  channel: 'room',
  owner: 'task-1',
  member,
  data: '',
  connections: 1,
  version: 1_000,
  ...more,
});

describe('a notification', () => {
  const notification: PresenceNotification = {
    channel: 'room',
    owner: 'task-1',
    changes: [
      { member: 'a#"ü', data: '{"x":1}', connections: 2, version: 5 },
      { member: '', data: '', connections: 0, version: 6, leaseUntilMs: 7 },
    ],
  };

  test('is read as it was written', () => {
    const fields = parseJsonObject(encodePresenceNotification(notification));
    expect(isPresenceNotification(fields)).toBe(true);
    expect(readPresenceNotification(fields)).toEqual(notification);
  });

  test.each([
    { owner: 7 },
    { channel: 'a b' },
    { changes: [] },
    { changes: [null] },
    { changes: [{ member: 'a', data: '', connections: -1, version: 1 }] },
    { changes: [{ member: 'a', data: 'x'.repeat(1_025), connections: 1, version: 1 }] },
    { changes: [{ member: 'a', data: '', connections: 1, version: 1, leaseUntilMs: 'never' }] },
  ])('is refused with %j', (wrong) => {
    expect(() => readPresenceNotification({ ...notification, ...wrong })).toThrow();
  });

  test('of many changes is split into few of at most 60 KiB, with every change once', () => {
    const changes = Array.from({ length: 1_000 }, (_, at) => ({ member: `m${at}`, data: 'é'.repeat(500), connections: 1, version: at }));
    const parts = splitPresenceNotification({ channel: 'room', owner: 'task-1', changes });
    expect(parts.flatMap((part) => part.changes)).toEqual(changes);
    expect(parts.length).toBeLessThan(20);
    for (const part of parts) expect(Buffer.byteLength(encodePresenceNotification(part))).toBeLessThan(64 * 1_024);
    expect(splitPresenceNotification(notification)).toEqual([notification]);
  });
});

test('the data of a member is what it said last, whatever has changed since', () => {
  const row = { channel: 'room', member: 'ann', connections: 1 };
  const said = { ...row, owner: 'two', data: 'new', version: 20 };
  const changedSince = { ...row, owner: 'one', data: 'old', version: 30, saidAt: 10 };
  expect(toMember('ann', [said, changedSince])).toEqual({ id: 'ann', connections: 2, data: 'new' });
});

test('a version is higher than the last, and about the time', () => {
  expect([versionAfter(0, 1_000), versionAfter(1_000, 1_000), versionAfter(5_000, 1_000)]).toEqual([1_000, 1_001, 5_001]);
});

test('a member has the connections of all its owners, and the data of the newest', () => {
  const rows = [row('ann', { data: 'old', connections: 2 }), row('ann', { owner: 'task-2', data: 'new', version: 2_000 }), row('bob')];
  expect(membersOf(rows)).toEqual([
    { id: 'ann', connections: 3, data: 'new' },
    { id: 'bob', connections: 1 },
  ]);
  expect(toPresenceResponse('room', { count: 2, rows })).toMatchObject({ channel: 'room', count: 2, members: membersOf(rows) });
  expect(toPresenceResponse('room', { count: 2_000 })).toEqual({ channel: 'room', count: 2_000, state: 'count.1jk' });
});

describe('a view', () => {
  test('follows joins, changes and departures', () => {
    const view = new PresenceView();
    expect(view.take([row('ann'), row('bob')])).toHaveLength(2);
    expect(view.take([row('ann', { connections: 2, version: 1_001 })])).toEqual([{ id: 'ann', connections: 2 }]);
    expect(view.take([row('bob', { connections: 0, version: 1_001 })])).toEqual([{ id: 'bob', connections: 0 }]);
    expect([...view.members]).toEqual([{ id: 'ann', connections: 2 }]);
  });

  test('a departure that arrives before its join, or a join that arrives again, brings nobody back', () => {
    const view = new PresenceView();
    view.take([row('ann', { connections: 0, version: 2_000 })]);
    expect(view.take([row('ann', { version: 1_000 })])).toEqual([]);
    expect(view.count).toBe(0);
  });

  test('a task that loses a member leaves those of other tasks', () => {
    const view = new PresenceView();
    view.take([row('ann'), row('ann', { owner: 'task-2' })]);
    expect(view.take([row('ann', { connections: 0, version: 2_000 })])).toEqual([{ id: 'ann', connections: 1 }]);
  });

  test('what the store does not have any more is gone, and what came since the read stays', () => {
    const view = new PresenceView();
    const readAtMs = 100_000;
    view.take([row('lost departure'), row('bob'), row('came while it was read', { version: readAtMs + 10 })]);
    const changes = view.replace([row('bob'), row('lost join')], readAtMs);
    expect(changes).toEqual([
      { id: 'lost departure', connections: 0 },
      { id: 'lost join', connections: 1 },
    ]);
    expect([...view.members].map(({ id }) => id).sort()).toEqual(['bob', 'came while it was read', 'lost join']);
  });

  test('what left while the store was read does not come back', () => {
    const view = new PresenceView();
    view.take([row('ann')]);
    view.take([row('ann', { connections: 0, version: 100_010 })]);
    expect(view.replace([row('ann')], 100_000)).toEqual([]);
    expect(view.count).toBe(0);
  });

  test('forgets members whose owner has lapsed', () => {
    const view = new PresenceView();
    view.take([row('ann'), row('ann', { owner: 'task-2' }), row('bob', { owner: 'task-2' })]);
    expect(view.drop(({ owner }) => owner === 'task-2')).toEqual([
      { id: 'ann', connections: 1 },
      { id: 'bob', connections: 0 },
    ]);
  });

  test('ends the same, with the state of its members, in whatever order and however often notifications arrive', () => {
    const anyRow = fc.record({
      member: fc.constantFrom('ann', 'bob', '#'),
      owner: fc.constantFrom('task-1', 'task-2', 'connection'),
      connections: fc.integer({ min: 0, max: 3 }),
      data: fc.constantFrom('', 'a', 'b'),
    });
    fc.assert(
      fc.property(fc.array(anyRow), fc.infiniteStream(fc.nat()), (history, order) => {
        const rows = history.map((fields, at) => row(fields.member, { ...fields, version: 1_000 + at }));
        const inOrder = new PresenceView();
        inOrder.take(rows);
        const shuffled = [...rows, ...rows].map((each) => [order.next().value, each] as const).sort(([a], [b]) => a - b);
        const view = new PresenceView();
        for (const [, each] of shuffled) view.take([each]);
        expect(view.state).toBe(inOrder.state);
        const valid = [...view.rows()];
        expect(toPresenceResponse('room', { count: view.count, rows: valid }).state).toBe(view.state);
      }),
    );
  });
});
