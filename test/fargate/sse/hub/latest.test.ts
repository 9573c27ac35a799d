import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { kindsBy } from '../../../../backbone/domain/channel-kind.ts';
import { type LatestEvent, REMOVAL_LIFETIME_MS } from '../../../../backbone/domain/latest-event.ts';
import { createTaskBudget } from '../../../../fargate/sse/budget/task-budget.ts';
import { Turns } from '../../../../fargate/sse/budget/turns.ts';
import { LatestFeed } from '../../../../fargate/sse/hub/latest/latest-feed.ts';
import { LatestPlace } from '../../../../fargate/sse/hub/latest/latest-place.ts';
import { Permits } from '../../../../fargate/sse/hub/permits.ts';
import type { LatestEntry, SnapshotEnd } from '../../../../packages/protocol/index.ts';
import { stateTag } from '../../../../packages/protocol/state-tag.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { HubWorld, idOf, RETENTION_MS } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

const CHANNEL = 'latest.demo';
const kindOf = kindsBy([
  { match: 'latest.*', kind: 'latest' },
  { match: 'typing.*', kind: 'ephemeral' },
]);

let world: HubWorld;

beforeEach(() => {
  world = new HubWorld({ kindOf });
});

afterEach(() => world.hub.close());

/** Publishes, and loses the notification unless the test offers it. */
const store = (key: string, data: string, channel = CHANNEL) => world.latest.put({ channel, key, value: { type: 'message', data } });
const remove = (key: string) => world.latest.put({ channel: CHANNEL, key, value: 'removed' });

async function offer(...events: readonly LatestEvent[]): Promise<void> {
  for (const event of events) expect(world.hub.offer(event)).toBeUndefined();
  await idle();
}

const publish = async (key: string, data: string, channel = CHANNEL) => offer(await store(key, data, channel));

/** What a client sees: entries as `key=data` or `-key`, and the ends of snapshots as a number of keys, or `unchanged`. */
function seen({ events }: FakeSink): readonly string[] {
  return events.map(({ event, data }) => {
    if (event === 'snapshot')
      return (JSON.parse(data) as SnapshotEnd).unchanged ? 'unchanged' : `${(JSON.parse(data) as SnapshotEnd).keys} keys`;
    const entry = JSON.parse(data) as LatestEntry;
    return 'removed' in entry ? `-${entry.key}` : `${entry.key}=${entry.data}`;
  });
}

const snapshotOf = ({ events }: FakeSink): SnapshotEnd => JSON.parse(events.find(({ event }) => event === 'snapshot')?.data ?? '');

const attach = (states: ReadonlyMap<string, string>, channels = [CHANNEL]) => {
  const sink = new FakeSink();
  const attachment = world.hub.attach({ channels, cursor: undefined, states }, sink);
  if (attachment.kind !== 'attached') throw new Error(attachment.kind);
  return { sink, stream: attachment.stream };
};

describe('a stream', () => {
  test('gets a snapshot of what there is, without ids, and then changes', async () => {
    await store('a', '1');
    await store('b', '1');
    await store('b', '2');
    const { sink } = await world.open([CHANNEL]);
    await publish('a', '2');
    await publish('c', '1');
    await offer(await remove('b'));
    expect(seen(sink)).toEqual(['a=1', 'b=2', '2 keys', 'a=2', 'c=1', '-b']);
    expect(sink.text).not.toContain('id:');
    expect(world.hub.takeCounts()).toMatchObject({ deliveries: 5, latenciesMs: [0, 0, 0] });
  });

  test('of a channel that was never used gets an empty snapshot', async () => {
    const { sink } = await world.open([CHANNEL]);
    expect(snapshotOf(sink)).toEqual({ channel: CHANNEL, keys: 0, state: stateTag([]) });
  });

  test('is told in the snapshot what the state is called, and gets none if it has it', async () => {
    await store('a', '1');
    const first = await world.open([CHANNEL]);
    const entries = first.sink.events.filter(({ event }) => event === 'latest').map(({ data }) => JSON.parse(data));
    const { state } = snapshotOf(first.sink);
    expect(state).toBe(stateTag(entries));
    const again = attach(new Map([[CHANNEL, state]]));
    expect(seen(again.sink)).toEqual(['unchanged']);
    await publish('a', '2');
    expect(seen(again.sink)).toEqual(['unchanged', 'a=2']);
    const behind = attach(new Map([[CHANNEL, state]]));
    expect(seen(behind.sink)).toEqual(['a=2', '1 keys']);
  });

  test('never goes back, whatever the notifications do', async () => {
    const one = await store('a', '1');
    const two = await store('a', '2');
    const { sink } = await world.open([CHANNEL]);
    const three = await store('a', '3');
    const four = await store('a', '4');
    await offer(one, four, three, four, two);
    expect(seen(sink)).toEqual(['a=2', '1 keys', 'a=4']);
    expect(world.hub.takeCounts().repeatsDropped).toBe(4);
  });

  test('gets nothing of a removed key that comes late, however late', async () => {
    const one = await store('a', '1');
    const { sink } = await world.open([CHANNEL]);
    await offer(await remove('a'), one);
    await world.clock.advance(REMOVAL_LIFETIME_MS);
    await offer(one);
    expect(seen(sink)).toEqual(['a=1', '1 keys', '-a']);
  });

  test('gets what was written before the channel was opened here, though its notification comes while it is', async () => {
    const read = world.latest.read.bind(world.latest);
    const entered = Promise.withResolvers<void>();
    const may = Promise.withResolvers<void>();
    world.latest.read = async (channel) => {
      const events = await read(channel);
      entered.resolve();
      await may.promise;
      return events;
    };
    await store('a', '1');
    const { sink, stream } = world.attach([CHANNEL]);
    await entered.promise;
    await publish('a', '2');
    await publish('b', '1');
    may.resolve();
    await stream.opened;
    expect(seen(sink)).toEqual(['a=2', 'b=1', '2 keys']);
  });

  test('gets what was lost on its way when the task compares with the table', async () => {
    world.hub.start();
    const { sink } = await world.open([CHANNEL]);
    await publish('b', '1');
    await store('a', '1');
    await remove('b');
    await world.clock.advance(30_000);
    await until(() => seen(sink).length === 4);
    expect([seen(sink).slice(0, 2), new Set(seen(sink).slice(2))]).toEqual([['0 keys', 'b=1'], new Set(['a=1', '-b'])]);
  });

  test('is told that a key has expired, and gets it when it is made anew', async () => {
    world.hub.start();
    await store('a', '1');
    const { sink } = await world.open([CHANNEL]);
    await world.clock.advance(RETENTION_MS + 30_000);
    await until(() => seen(sink).includes('-a'));
    await publish('a', '2');
    expect(seen(sink)).toEqual(['a=1', '1 keys', '-a', 'a=2']);
  });

  test('is told that the table has lost a key', async () => {
    world.hub.start();
    await publish('a', '1');
    const { sink } = await world.open([CHANNEL]);
    world.latest.read = async () => [];
    await world.clock.advance(30_000);
    expect(seen(sink)).toEqual(['a=1', '1 keys']);
    await world.clock.advance(60_000);
    await until(() => seen(sink).length === 3);
    expect(seen(sink)).toEqual(['a=1', '1 keys', '-a']);
  });

  test('whose client is slow skips versions, is never closed for it, and ends with the newest ones', async () => {
    await store('a', '0');
    const slow = await world.open([CHANNEL]);
    const other = await world.open([CHANNEL]);
    slow.sink.block();
    for (let count = 1; count <= 1_000; count++) await publish(count % 2 === 0 ? 'a' : 'b', `${count} ${'x'.repeat(4_000)}`);
    const before = world.budget.latest.used;
    slow.sink.unblock(slow.stream);
    const numbers = (sink: FakeSink) => seen(sink).map((text) => Number.parseInt(text.slice(2), 10));
    expect(numbers(slow.sink)).toEqual([0, Number.NaN, 1, 999, 1_000]);
    expect(numbers(other.sink)).toHaveLength(1_002);
    expect([slow.sink.closedFor, world.hub.takeCounts().slowStreamsClosed]).toEqual([undefined, 0]);
    expect(before).toBeLessThanOrEqual(2 * 64 * 1024);
  });

  test('takes a snapshot in parts, during which nothing is lost that changes', async () => {
    const keys = Array.from({ length: 100 }, (_, at) => `k${at}`);
    for (const key of keys) await store(key, 'x'.repeat(4_000));
    const { sink, stream } = world.attach([CHANNEL]);
    sink.block();
    await stream.opened;
    await publish('k0', 'new');
    await publish('k99', 'new');
    await offer(await remove('k1'));
    await publish('another', 'new');
    while (sink.bufferedBytes > 0) sink.takeOne(stream);
    const held = new Map<string, string>();
    for (const text of seen(sink)) {
      const [key = '', data] = text.split('=');
      if (data !== undefined) held.set(key, data);
      else if (text.startsWith('-')) held.delete(text.slice(1));
    }
    expect(sink.writes.length).toBeGreaterThan(4);
    expect(seen(sink).filter((text) => text.endsWith(' keys'))).toHaveLength(1);
    expect(new Set(held.keys())).toEqual(new Set([...keys.filter((key) => key !== 'k1'), 'another']));
    expect([held.get('k0'), held.get('k99')]).toEqual(['new', 'new']);
    const brought = sink.events
      .slice(
        0,
        sink.events.findIndex(({ event }) => event === 'snapshot'),
      )
      .map(({ data }) => JSON.parse(data));
    expect(snapshotOf(sink)).toEqual({ channel: CHANNEL, keys: brought.length, state: stateTag(brought) });
  });

  test('over channels of all kinds gets each as it is promised, and a cursor of the durable ones', async () => {
    await store('a', '1');
    const { sink } = await world.open(['orders', CHANNEL, 'typing.demo']);
    const event = await world.publish('orders', 'order');
    await until(() => sink.data.includes('order'));
    await publish('a', '2');
    expect(sink.events.map(({ id, event: type }) => [id, type])).toEqual([
      [undefined, 'latest'],
      [undefined, 'snapshot'],
      [`orders=${idOf(event)}`, undefined],
      [undefined, 'latest'],
    ]);
  });

  test('gets what it has missed on durable channels from the log, however often keys change', async () => {
    // On a busy machine, pages wait in real time for longer than the turns below last.
    const turns = new Turns(() => 0);
    world.hub.close();
    world = new HubWorld({ kindOf, budget: { ...createTaskBudget(512 * 1024 * 1024), turns } });
    const count = 300;
    const events = [];
    for (let at = 0; at < count; at++) events.push(await world.store('orders', `${at} ${'x'.repeat(60_000)}`));
    const [first] = events;
    if (first === undefined) throw new Error('there is none');
    const { sink, stream } = world.attach(['orders', CHANNEL], `orders=${idOf(first)}`);
    sink.block();
    await stream.opened;
    const hasLast = () => sink.writes.slice(-4).some((bytes) => bytes.includes(`data: ${count - 1} x`));
    for (let turn = 0; turn < 4 * count && !hasLast(); turn++) {
      await publish('a', `${turn}`);
      sink.takeOne(stream);
    }
    const { events: all } = sink;
    expect(all.filter(({ event }) => event === undefined)).toHaveLength(count - 1);
    expect(all.filter(({ event }) => event === 'latest').length).toBeGreaterThan(10);
  });

  test('of many is served in turns', async () => {
    const sinks: FakeSink[] = [];
    for (let at = 0; at < 600; at++) sinks.push((await world.open([CHANNEL])).sink);
    for (let count = 1; count <= 5; count++) world.hub.offer(await store('a', `${count}`));
    await until(() => sinks.every((sink) => seen(sink).at(-1) === 'a=5'));
  });
});

test('a place that is behind when the end of a key is forgotten gets a snapshot', async () => {
  const { clock, latest, budget } = world;
  const options = { store: latest, clock, latest: budget.latest, onChanged: () => {}, makeRoom: () => {} };
  const feed = new LatestFeed(CHANNEL, 'ann', new Permits(1).for('ann'), options);
  await feed.opened;
  feed.offer(await store('a', '1'));
  const place = new LatestPlace(feed);
  place.begin(undefined);
  const texts = () => {
    const sink = new FakeSink();
    for (let batch = place.take(64_000); batch !== undefined; batch = place.take(64_000)) sink.write(batch.bytes);
    return seen(sink);
  };
  expect(texts()).toEqual(['a=1', '1 keys']);
  feed.offer(await remove('a'));
  feed.offer(await store('b', '1'));
  await clock.advance(REMOVAL_LIFETIME_MS);
  await feed.compare();
  expect(texts()).toEqual(['b=1', '1 keys']);
  expect(texts()).toEqual([]);
});

describe('a channel', () => {
  test('whose table cannot be read refuses its streams, and the next one tries again', async () => {
    const read = world.latest.read;
    world.latest.read = () => Promise.reject(new Error('throttled'));
    await expect(world.attach([CHANNEL]).stream.opened).rejects.toThrow('throttled');
    world.latest.read = read;
    const { sink } = await world.open([CHANNEL]);
    expect(seen(sink)).toEqual(['0 keys']);
  });

  test('stays for a while without readers, and then leaves nothing behind', async () => {
    world.hub.start();
    await store('a', '1');
    const { stream } = await world.open([CHANNEL]);
    stream.detach();
    await publish('a', '2');
    let reads = 0;
    const read = world.latest.read.bind(world.latest);
    world.latest.read = (channel) => {
      reads++;
      return read(channel);
    };
    const again = world.attach([CHANNEL]);
    expect([seen(again.sink), reads]).toEqual([['a=2', '1 keys'], 0]);
    again.stream.detach();
    await world.clock.advance(75_000);
    expect([world.budget.channels.used, world.budget.latest.used, world.budget.memory.used]).toEqual([0, 0, 0]);
  });

  test('that grows beyond the memory for such channels closes its streams, and the memory is free', async () => {
    const budget = createTaskBudget(8 * 1024 * 1024);
    world = new HubWorld({ kindOf, budget });
    const { sink } = await world.open([CHANNEL]);
    for (let at = 0; sink.closedFor === undefined && at < 200; at++) await publish(`k${at}`, 'x'.repeat(4_000));
    expect([sink.closedFor, budget.latest.used]).toEqual(['evicted', 0]);
    const { stream, sink: other } = world.attach([CHANNEL]);
    await stream.opened.catch(() => {});
    expect([other.closedFor, other.writes, budget.latest.used]).toEqual(['evicted', [], 0]);
  });

  test('gives up its memory, without readers, for one that has some', async () => {
    const budget = createTaskBudget(8 * 1024 * 1024);
    world = new HubWorld({ kindOf, budget });
    for (const channel of ['latest.1', 'latest.2']) {
      for (let at = 0; at < 20; at++) await store(`k${at}`, 'x'.repeat(4_000), channel);
    }
    const first = await world.open(['latest.1']);
    first.stream.detach();
    const second = await world.open(['latest.2']);
    expect(seen(second.sink).at(-1)).toBe('20 keys');
    expect(second.sink.closedFor).toBeUndefined();
  });
});

describe('a poll', () => {
  const poll = (channels: readonly string[], patienceMs: number, states?: ReadonlyMap<string, string>) =>
    world.hub.poll({ channels, cursor: undefined, ...(states && { states }) }, patienceMs, new AbortController().signal);

  async function newsOf(answer: ReturnType<typeof poll>) {
    const outcome = await answer;
    if (outcome.kind !== 'page') throw new Error(outcome.kind);
    outcome.release();
    return outcome.page.latest.map(({ events, ...news }) => ({
      ...news,
      events: events.map(({ key, data, removed }) => (removed ? `-${key}` : `${key}=${data}`)),
    }));
  }

  async function oneOf(answer: ReturnType<typeof poll>) {
    const [news, ...others] = await newsOf(answer);
    if (news === undefined || others.length > 0) throw new Error(`${others.length} others`);
    return news;
  }

  const holds = (state: string) => new Map([[CHANNEL, state]]);

  test('without a state, or with one that the task does not know, gets everything at once', async () => {
    await store('a', '1');
    const first = await oneOf(poll([CHANNEL], 25_000));
    expect(first).toEqual({ channel: CHANNEL, snapshot: true, state: expect.any(String), events: ['a=1'] });
    expect(await oneOf(poll([CHANNEL], 25_000, holds(stateTag([{ key: 'z', version: '1.1' }]))))).toEqual(first);
  });

  test('with the state of now waits for a change, and gets nothing else', async () => {
    await store('a', '1');
    await store('b', '1');
    const { state } = await oneOf(poll([CHANNEL], 0));
    const answer = oneOf(poll([CHANNEL], 25_000, holds(state)));
    await idle();
    await publish('a', '2');
    const news = await answer;
    expect(news).toMatchObject({ snapshot: false, events: ['a=2'] });
    await offer(await remove('b'));
    const next = await oneOf(poll([CHANNEL], 25_000, holds(news.state)));
    expect(next).toMatchObject({ snapshot: false, events: ['-b'] });
    expect(await newsOf(poll([CHANNEL], 0, holds(next.state)))).toEqual([]);
    expect(await oneOf(poll([CHANNEL], 0, holds(state)))).toMatchObject({ snapshot: false, events: ['a=2', '-b'], state: next.state });
  });

  test('that waits in vain is empty', async () => {
    const { state } = await oneOf(poll([CHANNEL], 0));
    const answer = newsOf(poll([CHANNEL], 5_000, holds(state)));
    await idle();
    await world.clock.advance(5_000);
    expect(await answer).toEqual([]);
  });

  test('of several channels is answered by any', async () => {
    const states = new Map((await newsOf(poll([CHANNEL, 'latest.2'], 0))).map(({ channel, state }) => [channel, state]));
    expect(states.size).toBe(2);
    const answer = newsOf(poll(['orders', CHANNEL, 'latest.2', 'typing.demo'], 25_000, states));
    await idle();
    await publish('a', '1', 'latest.2');
    expect(await answer).toMatchObject([{ channel: 'latest.2', events: ['a=1'] }]);
  });

  test('of channels that do not fit into one page gets one after another', async () => {
    const channels = ['latest.1', 'latest.2', 'latest.3'];
    for (const channel of channels) for (let at = 0; at < 150; at++) await store(`k${at}`, 'x'.repeat(4_000), channel);
    const states = new Map<string, string>();
    const pages: string[][] = [];
    for (let at = 0; at < 3; at++) {
      const news = await newsOf(poll(channels, 0, states));
      pages.push(news.map(({ channel }) => channel));
      for (const { channel, state } of news) states.set(channel, state);
    }
    expect(pages).toEqual([['latest.1'], ['latest.2'], ['latest.3']]);
    expect(await newsOf(poll(channels, 0, states))).toEqual([]);
  });

  test('that has left leaves nothing behind', async () => {
    const { state } = await oneOf(poll([CHANNEL], 0));
    const left = new AbortController();
    const answer = world.hub.poll({ channels: [CHANNEL], cursor: undefined, states: holds(state) }, 25_000, left.signal);
    await idle();
    left.abort(new Error('left'));
    await expect(answer).rejects.toThrow('left');
    expect(world.budget.memory.used).toBe(0);
  });
});
