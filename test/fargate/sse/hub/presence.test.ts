import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ANONYMOUS } from '../../../../backbone/domain/principal.ts';
import { createTaskBudget } from '../../../../fargate/sse/budget/task-budget.ts';
import { LEASE_MS } from '../../../../fargate/sse/hub/presence/outbox.ts';
import { POLL_LINGER_MS } from '../../../../fargate/sse/hub/presence/own-members.ts';
import { FakeSink } from '../support/fake-sink.ts';
import type { HubWorld } from '../support/hub-world.ts';
import { Known, PresenceWorld, type Watcher } from '../support/presence-world.ts';
import { idle } from '../support/until.ts';

const CHANNEL = 'room';
const COMPARE_MS = 30_000;

let world: PresenceWorld;
let one: HubWorld;
let two: HubWorld;

beforeEach(() => {
  world = new PresenceWorld();
  one = world.addTask();
  two = world.addTask();
});

afterEach(() => world.close());

const come = (task: HubWorld, principal: string, present = '') => world.open(task, [CHANNEL], principal, { present });
const follow = (task: HubWorld, principal = 'watcher', sink?: FakeSink) => world.open(task, [CHANNEL], principal, { follows: true }, sink);
const known = (watcher: Watcher) => Known.of(watcher, CHANNEL);
const look = (task: HubWorld, principal = 'asker') => task.hub.presence.look(CHANNEL, principal, new AbortController().signal);

describe('a stream that follows presence', () => {
  test('gets a snapshot, then who comes, changes and leaves, on whichever task', async () => {
    come(one, 'ann', '{"color":"red"}');
    await world.pass(1_000);
    const watchers = [follow(one), follow(two)];
    await world.pass(1_000);
    for (const watcher of watchers)
      expect([...known(watcher).members.values()]).toEqual([{ id: 'ann', connections: 1, data: '{"color":"red"}' }]);
    const bob = come(two, 'bob');
    await world.pass(1_000);
    for (const watcher of watchers) expect(known(watcher).ids).toEqual(['ann', 'bob']);
    bob.stream.close('drain');
    await world.pass(1_000);
    for (const watcher of watchers) expect(known(watcher)).toMatchObject({ ids: ['ann'], count: 1, snapshots: 1 });
  });

  test('gets frames without an id', async () => {
    const { sink } = follow(one);
    await world.pass(500);
    const [frame] = sink.events.filter(({ event }) => event === 'presence');
    expect(frame?.id).toBe(sink.events[0]?.id);
    expect(sink.text.match(/id:/g)).toHaveLength(1);
    expect(JSON.parse(frame?.data ?? '')).toMatchObject({ channel: CHANNEL, count: 0, changes: [], snapshot: true });
  });

  test('sees one user with three tabs as one member with three connections and the data of the newest', async () => {
    const tabs = [come(one, 'ann', '1'), come(one, 'ann', '2')];
    await world.pass(250);
    tabs.push(come(two, 'ann', '3'));
    const watcher = follow(one);
    await world.pass(1_000);
    expect([...known(watcher).members.values()]).toEqual([{ id: 'ann', connections: 3, data: '3' }]);
    tabs[2]?.stream.detach();
    await world.pass(1_000);
    expect([...known(watcher).members.values()]).toEqual([{ id: 'ann', connections: 2, data: '2' }]);
  });

  test('sees subjects of any characters, and all anonymous clients as one member', async () => {
    const odd = ['a#b', 'ünï/cødé 🙂', '"}\n\ndata: x', ANONYMOUS];
    for (const principal of odd) come(two, principal);
    come(two, ANONYMOUS);
    const watcher = follow(one);
    await world.pass(1_000);
    expect(known(watcher).ids).toEqual([...odd].sort());
    expect(known(watcher).members.get(ANONYMOUS)).toEqual({ id: ANONYMOUS, connections: 2 });
  });

  test('gets a snapshot instead of what it missed while its client read nothing, and is not closed', async () => {
    const slow = follow(one);
    await world.pass(500);
    slow.sink.block();
    for (let at = 0; at < 100; at++) {
      come(two, `member-${at}`);
      await world.pass(250);
    }
    expect(slow.sink.closedFor).toBeUndefined();
    slow.sink.unblock(slow.stream);
    await world.pass(1_250);
    expect(known(slow)).toMatchObject({ count: 100, snapshots: 2 });
  });

  test('gets a large snapshot in parts, each when its client has taken the one before', async () => {
    for (let at = 0; at < 500; at++) come(two, `member-${at}`, 'x'.repeat(200));
    await world.pass(2_000);
    const sink = new FakeSink();
    sink.block();
    const watcher = follow(one, 'watcher', sink);
    for (let writes = 0; writes < 20; writes++) {
      await world.pass(250);
      sink.takeOne(watcher.stream);
    }
    expect(known(watcher)).toMatchObject({ count: 500, snapshots: 1 });
    expect(Math.max(...sink.writes.map(({ length }) => length))).toBeLessThan(32 * 1_024);
  });
});

describe('what is shared', () => {
  test('1,000 joins in a second make a bounded number of writes and messages', async () => {
    const watcher = follow(two);
    await world.pass(500);
    for (let step = 0; step < 10; step++) {
      for (let at = 0; at < 100; at++) come(one, `member-${step}-${at}`);
      await world.pass(100, 100);
    }
    await world.pass(1_000);
    expect(known(watcher).count).toBe(1_000);
    expect(world.told.length).toBeLessThan(10);
    expect(world.store.counts.writes).toBeLessThan(10);
    expect(watcher.sink.events.filter(({ event }) => event === 'presence').length).toBeLessThan(20);
  });

  test('above 1,000 members only the count is known, and below they are listed again', async () => {
    const members = Array.from({ length: 1_000 }, (_, at) => come(one, `member-${at}`));
    const watcher = follow(two);
    await world.pass(1_000);
    expect(known(watcher)).toMatchObject({ count: 1_000, isCounted: false });
    come(one, 'one too many');
    await world.pass(5_000);
    expect(known(watcher)).toMatchObject({ count: 1_001, isCounted: true, ids: [] });
    expect(await look(two)).toMatchObject({ channel: CHANNEL, count: 1_001 });
    expect(await look(two)).not.toHaveProperty('members');
    for (const { stream } of members.slice(0, 10)) stream.close('drain');
    await world.pass(5_000);
    expect(known(watcher)).toMatchObject({ count: 991, isCounted: false });
    expect(known(watcher).ids).toHaveLength(991);
  });

  test('nothing is written or read for streams that have nothing to do with presence', async () => {
    await one.open([CHANNEL]);
    await world.pass(120_000, 5_000);
    expect(world.store.counts).toEqual({ rows: 0, writes: 0, reads: 0, renewals: 0 });
  });

  test('a member costs two rows, and a task that serves members a lease', async () => {
    const ann = come(one, 'ann');
    await world.pass(60_000, 1_000);
    ann.stream.detach();
    await world.pass(60_000, 1_000);
    const { rows, renewals } = world.store.counts;
    expect(rows).toBe(2);
    expect(renewals).toBeGreaterThanOrEqual(6);
    expect(renewals).toBeLessThan(10);
  });
});

describe('what is lost is repaired', () => {
  test('a lost notification, by comparing with the store', async () => {
    const watcher = follow(two);
    const ann = come(one, 'ann');
    await world.pass(1_000);
    world.loses = () => true;
    come(one, 'bob');
    ann.stream.detach();
    await world.pass(2 * COMPARE_MS, 1_000);
    expect(known(watcher)).toMatchObject({ ids: ['bob'], snapshots: 1 });
  });

  test('the members of a killed task are gone within its lease, and those of others stay', async () => {
    const watcher = follow(two);
    come(one, 'ann');
    come(one, 'bob');
    come(two, 'bob');
    await world.pass(1_000);
    expect(known(watcher).ids).toEqual(['ann', 'bob']);
    world.kill(one);
    await world.pass(LEASE_MS + 2_000, 1_000);
    // Before the next comparison with the store.
    expect(known(watcher)).toMatchObject({ ids: ['bob'] });
    expect(known(watcher).members.get('bob')?.connections).toBe(1);
    expect(await look(two)).toMatchObject({ count: 1 });
  });

  test('a task that stops removes its members at once', async () => {
    const watcher = follow(two);
    come(one, 'ann');
    await world.pass(1_000);
    one.hub.close();
    const closed = one.hub.presence.close();
    await world.pass(1_000);
    await closed;
    expect(known(watcher).ids).toEqual([]);
    expect(await world.store.read(CHANNEL)).toEqual({ count: 0, rows: [] });
  });

  test('a write that fails is made later', async () => {
    const { write } = world.store;
    world.store.write = async () => {
      throw new Error('throttled');
    };
    const watcher = follow(two);
    come(one, 'ann');
    await world.pass(3_000);
    expect(known(watcher).ids).toEqual([]);
    world.store.write = write;
    await world.pass(10_000);
    expect(known(watcher).ids).toEqual(['ann']);
  });

  test('rows that the store lost, or kept too long, are mended by their task', async () => {
    const watcher = follow(one);
    come(one, 'ann');
    await world.pass(1_000);
    const [ann] = (await world.store.read(CHANNEL)).rows ?? [];
    if (ann === undefined) throw new Error('ann is not in the store');
    await world.store.write([{ ...ann, member: 'ghost' }], [ann]);
    await world.pass(2 * COMPARE_MS, 1_000);
    expect(known(watcher).ids).toEqual(['ann']);
    expect((await world.store.read(CHANNEL)).rows?.map(({ member }) => member)).toEqual(['ann']);
  });

  test('a store that cannot be read at first is read later', async () => {
    const { read } = world.store;
    world.store.read = async () => {
      throw new Error('unavailable');
    };
    const watcher = follow(one);
    come(two, 'ann');
    await world.pass(1_000);
    await expect(look(one)).rejects.toThrow('unavailable');
    world.store.read = read;
    await world.pass(5_000);
    expect(known(watcher)).toMatchObject({ ids: ['ann'], snapshots: 1 });
  });

  test('connections with a lease of their own are gone when it lapses', async () => {
    const watcher = follow(one);
    await world.pass(500);
    const leased = { member: 'ann', data: '', connections: 1, version: world.clock.nowMs(), leaseUntilMs: world.clock.nowMs() + 10_000 };
    await world.store.write([{ channel: CHANNEL, owner: 'connection', ...leased }], []);
    one.hub.offer({ channel: CHANNEL, owner: 'connection', changes: [leased] });
    await world.pass(1_000);
    expect(known(watcher).ids).toEqual(['ann']);
    await world.pass(10_000, 1_000);
    expect(known(watcher).ids).toEqual([]);
  });
});

describe('a poll', () => {
  const poll = (task: HubWorld, waitMs: number, more: { present?: string; state?: string; principal?: string }) =>
    task.hub.poll(
      {
        channels: [CHANNEL],
        cursor: undefined,
        principal: more.principal ?? 'poller',
        presence: {
          present: more.present,
          follows: more.present === undefined,
          ...(more.state !== undefined && { states: new Map([[CHANNEL, more.state]]) }),
        },
      },
      waitMs,
      new AbortController().signal,
    );

  async function page(polling: ReturnType<typeof poll>) {
    const outcome = await polling;
    if (outcome.kind !== 'page') throw new Error(outcome.kind);
    outcome.release();
    return outcome.page.presence.map((text) => JSON.parse(text));
  }

  test('without a state gets a snapshot at once, and with it waits for changes', async () => {
    come(two, 'ann');
    await world.pass(1_000);
    const first = poll(one, 0, {});
    await world.pass(500);
    const [snapshot] = await page(first);
    expect(snapshot).toMatchObject({ count: 1, snapshot: true, changes: [{ id: 'ann', connections: 1 }] });
    const second = poll(one, 20_000, { state: snapshot.state });
    await world.pass(1_000);
    come(two, 'bob');
    await world.pass(1_000);
    const [whole] = await page(second);
    // Between the two polls nobody followed the channel here.
    expect(whole).toMatchObject({ count: 2, changes: [{ id: 'bob', connections: 1 }] });
    expect(whole).not.toHaveProperty('snapshot');
    const third = poll(one, 1_000, { state: whole.state });
    await world.pass(1_250);
    expect(await page(third)).toEqual([]);
  });

  test('makes its client a member from poll to poll, and for a while after the last', async () => {
    const watcher = follow(two);
    for (let at = 0; at < 3; at++) {
      const polling = poll(one, 5_000, { present: 'here' });
      await world.pass(6_000);
      await page(polling);
    }
    await world.pass(10_000);
    expect([...known(watcher).members.values()]).toEqual([{ id: 'poller', connections: 1, data: 'here' }]);
    // A snapshot, and at most the first poll's coming: nothing between the polls.
    expect(watcher.sink.events.filter(({ event }) => event === 'presence').length).toBeLessThanOrEqual(2);
    await world.pass(POLL_LINGER_MS, 1_000);
    expect(known(watcher).ids).toEqual([]);
  });

  test('changes its data at the next poll', async () => {
    const watcher = follow(two);
    for (const present of ['one', 'two']) {
      const polling = poll(one, 0, { present });
      await world.pass(1_000);
      await page(polling);
    }
    expect([...known(watcher).members.values()]).toEqual([{ id: 'poller', connections: 1, data: 'two' }]);
  });

  test('fails if the store cannot be read', async () => {
    world.store.read = async () => {
      throw new Error('unavailable');
    };
    const polling = expect(poll(one, 1_000, {})).rejects.toThrow('unavailable');
    await world.pass(2_000);
    await polling;
  });
});

describe('who is present', () => {
  test('is answered by any task, from the store or from what it follows', async () => {
    come(one, 'ann');
    expect(await look(one)).toMatchObject({ count: 1, members: [{ id: 'ann', connections: 1 }] });
    await world.pass(1_000);
    const fromStore = await look(two);
    follow(two);
    await world.pass(1_000);
    const reads = world.store.counts.reads;
    expect(await look(two)).toEqual(fromStore);
    expect(world.store.counts.reads).toBe(reads);
  });

  test('is read once for many who ask at the same time', async () => {
    await Promise.all(Array.from({ length: 5 }, (_, at) => look(one, `asker-${at}`)));
    expect(world.store.counts.reads).toBe(1);
  });
});

describe('the budget', () => {
  test('a user who is present everywhere reaches a share, and another is served', async () => {
    const small = world.addTask({ budget: createTaskBudget(1024 * 1024), maxStreamsPerPrincipal: 5_000 });
    const outcomes = Array.from({ length: 600 }, (_, at) =>
      small.hub.attach(
        { channels: ['room'], cursor: undefined, principal: 'greedy', presence: { present: `${at}`.padStart(1_000, 'x'), follows: false } },
        new FakeSink(),
      ),
    );
    expect(outcomes.filter(({ kind }) => kind === 'tooManyChannels').length).toBeGreaterThan(0);
    expect(outcomes.filter(({ kind }) => kind === 'attached').length).toBeGreaterThan(10);
    expect(world.open(small, ['room'], 'modest', { present: '' }).sink.closedFor).toBeUndefined();
    await idle();
  });

  test('without memory for the members only the count is known', async () => {
    const small = world.addTask({ budget: createTaskBudget(1024 * 1024) });
    for (let at = 0; at < 500; at++) come(one, `member-${at}`, 'x'.repeat(500));
    await world.pass(2_000);
    const watcher = follow(small);
    await world.pass(2_000);
    expect(known(watcher)).toMatchObject({ count: 500, isCounted: true });
  });

  test('returns everything that it took', async () => {
    const before = one.budget.memory.used;
    const streams = [come(one, 'ann', 'x'), follow(one), world.open(one, [CHANNEL], 'bob', { present: '', follows: true })];
    await world.pass(1_000);
    expect(one.budget.memory.used).toBeGreaterThan(before);
    for (const { stream } of streams) stream.detach();
    await world.pass(1_000);
    expect(one.budget.memory.used).toBe(before);
  });
});
