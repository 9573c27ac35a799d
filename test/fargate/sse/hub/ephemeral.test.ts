import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { kindsBy } from '../../../../backbone/domain/channel-kind.ts';
import { EPHEMERAL_LIFETIME_MS, type EphemeralEvent } from '../../../../backbone/domain/ephemeral-event.ts';
import { createTaskBudget } from '../../../../fargate/sse/budget/task-budget.ts';
import { ephemeralEvent } from '../../../support/ephemeral.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { HubWorld, idOf } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

const kindOf = kindsBy([{ match: 'typing.*', kind: 'ephemeral' }]);

let world: HubWorld;

beforeEach(() => {
  world = new HubWorld({ kindOf });
});

afterEach(() => world.hub.close());

const now = (count: number, more: Partial<EphemeralEvent> = {}) => ephemeralEvent(count, { publishedAtMs: world.clock.nowMs(), ...more });

async function offer(...events: readonly EphemeralEvent[]): Promise<void> {
  for (const event of events) expect(world.hub.offer(event)).toBeUndefined();
  await idle();
}

describe('a stream', () => {
  test('gets an event without an id, as it comes', async () => {
    const { sink } = await world.open(['typing.demo']);
    await offer(now(1, { type: 'typing' }));
    expect(sink.events).toEqual([{ id: undefined, event: 'typing', data: '1' }]);
    expect(sink.text).not.toContain('id:');
    expect(sink.text).toMatch(/\nchannel: typing.demo\nevent: typing\ndata: 1\n\n$/);
    expect(world.hub.takeCounts()).toMatchObject({ deliveries: 1, ephemeralDropped: 0, latenciesMs: [0] });
  });

  test('reads and writes no log', async () => {
    await world.open(['typing.demo']);
    await offer(now(1));
    expect(await world.log.head('typing.demo')).toBeUndefined();
  });

  test('gets each once and none that is older than what it has, whatever the notifications do', async () => {
    const { sink } = await world.open(['typing.demo']);
    await offer(now(1), now(1), now(3), now(2), now(3), now(1, { source: 'two', data: 'other' }), now(4));
    expect(sink.data).toEqual(['1', '3', 'other', '4']);
    expect(world.hub.takeCounts().repeatsDropped).toBe(3);
  });

  test('does not get what comes too late', async () => {
    const { sink } = await world.open(['typing.demo']);
    const late = now(1);
    await world.clock.advance(EPHEMERAL_LIFETIME_MS + 1);
    await offer(late, now(2));
    expect(sink.data).toEqual(['2']);
    expect(world.hub.takeCounts().ephemeralDropped).toBe(1);
  });

  test('skips events while its client is behind, is never closed, and keeps nobody waiting', async () => {
    const slow = await world.open(['typing.demo']);
    const other = await world.open(['typing.demo']);
    slow.sink.block();
    for (let count = 1; count <= 50; count++) await offer(now(count, { data: `${count} ${'x'.repeat(50_000)}` }));
    slow.sink.unblock(slow.stream);
    await offer(now(51));
    expect(slow.sink.closedFor).toBeUndefined();
    expect(slow.sink.data.map((data) => Number.parseInt(data, 10))).toEqual([1, 51]);
    expect(other.sink.data).toHaveLength(51);
    expect(world.hub.takeCounts()).toMatchObject({ ephemeralDropped: 49, slowStreamsClosed: 0 });
  });

  test('leaves ephemeral channels out of the cursors of its durable ones, which name their channel', async () => {
    const { sink } = await world.open(['orders', 'typing.demo']);
    const event = await world.publish('orders', 'order');
    await until(() => sink.events.length === 1);
    await offer(now(1));
    expect(sink.events.map(({ id, data }) => [id, data])).toEqual([
      [`orders=${idOf(event)}`, 'order'],
      [undefined, '1'],
    ]);
    const again = await world.open(['orders', 'typing.demo'], `orders=${idOf(event)}`);
    await world.publish('orders', 'next');
    await until(() => again.sink.events.length === 1);
    expect(again.sink.data).toEqual(['next']);
  });

  test('gets durable events in order and each once, however many ephemeral ones come between them', async () => {
    const { sink, stream } = await world.open(['orders', 'typing.demo']);
    for (let count = 1; count <= 20; count++) {
      if (count % 5 === 0) sink.block();
      await offer(now(count, { data: `typing ${count}` }));
      await world.publish('orders', `order ${count}`);
      await idle();
      if (count % 5 === 0) sink.unblock(stream);
    }
    await until(() => sink.data.includes('order 20'));
    const orders = sink.data.filter((data) => data.startsWith('order'));
    expect(orders).toEqual(Array.from({ length: 20 }, (_, at) => `order ${at + 1}`));
  });

  test('of many is offered every event in turn, and what the task cannot keep up with is dropped', async () => {
    const sinks: FakeSink[] = [];
    for (let at = 0; at < 600; at++) sinks.push((await world.open(['typing.demo'])).sink);
    await offer(...Array.from({ length: 30 }, (_, at) => now(at + 1)));
    await until(() => sinks.every((sink) => sink.events.length === 16));
    expect(sinks.every(({ data }) => data.join() === sinks[0]?.data.join())).toBe(true);
    expect(world.hub.takeCounts().ephemeralDropped).toBe(14 * 600);
  });

  test('that has ended gets nothing more, and its channel leaves no trace', async () => {
    const { sink, stream } = await world.open(['typing.demo']);
    expect(world.budget.channels.used).toBe(1);
    stream.detach();
    await offer(now(1));
    expect(sink.data).toEqual([]);
    expect(world.budget.channels.used).toBe(0);
  });
});

test('ephemeral channels count as channels of their principal', async () => {
  const budget = createTaskBudget(512 * 1024 * 1024);
  world = new HubWorld({ kindOf, budget });
  const attach = (at: number) => world.hub.attach({ channels: [`typing.${at}`], cursor: undefined, principal: 'ann' }, new FakeSink()).kind;
  // The anonymous principal of the other tests has limits too: a place in the task is a place.
  const share = budget.channels.shareOf('ann');
  let attached = 0;
  while (attached <= share && attach(attached) === 'attached') attached++;
  expect(attached).toBeLessThanOrEqual(share);
  expect(budget.channels.used).toBe(attached);
});

describe('a poll', () => {
  const poll = (channels: readonly string[], patienceMs: number) =>
    world.hub.poll({ channels, cursor: undefined }, patienceMs, new AbortController().signal);

  test('is answered by what comes while it waits', async () => {
    const answer = poll(['typing.demo'], 25_000);
    await offer(now(1));
    expect(await answer).toMatchObject({ kind: 'page', page: { events: [], ephemeral: [{ data: '1' }] } });
  });

  test('that does not wait, or waits in vain, is empty and has no position', async () => {
    await offer(now(1));
    expect(await poll(['typing.demo'], 0)).toMatchObject({ page: { ephemeral: [], cursor: new Map() } });
    const answer = poll(['typing.demo'], 5_000);
    await idle();
    await world.clock.advance(5_000);
    expect(await answer).toMatchObject({ page: { ephemeral: [], cursor: new Map() } });
  });

  test('of both kinds is answered by either, and its cursor has the durable channel', async () => {
    const first = poll(['orders', 'typing.demo'], 25_000);
    await idle();
    await offer(now(1));
    expect(await first).toMatchObject({ page: { events: [], ephemeral: [{ data: '1' }] } });
    const second = poll(['orders', 'typing.demo'], 25_000);
    await idle();
    const event = await world.publish('orders', 'order');
    expect(await second).toMatchObject({
      page: { events: [event], ephemeral: [], cursor: new Map([['orders', { epoch: event.epoch, seq: event.seq }]]) },
    });
  });

  test('leaves nothing behind', async () => {
    const answer = await poll(['typing.demo'], 0);
    if (answer.kind === 'page') answer.release();
    expect([world.budget.channels.used, world.budget.memory.used]).toEqual([0, 0]);
  });
});
