/** What a channel costs the log when all its clients come at once, as they do after a task was lost: asked in calls, not in time. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ChannelEvent } from '../../../../backbone/domain/event.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { GRACE_MS, HubWorld, idOf } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

let world: HubWorld;

beforeEach(() => {
  world = new HubWorld();
});

afterEach(() => world.hub.close());

/** Counts what reaches the log from now on. */
function countCalls(): () => number {
  const spies = (['head', 'heads', 'read', 'readBack', 'tombstone'] as const).map((method) => jest.spyOn(world.log, method));
  return () => spies.reduce((calls, { mock }) => calls + mock.calls.length, 0);
}

async function store(channel: string, from: number, to: number): Promise<ChannelEvent[]> {
  const events: ChannelEvent[] = [];
  for (let n = from; n <= to; n++) events.push(await world.store(channel, `${channel}${n}`));
  return events;
}

const numbered = (channel: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `${channel}${from + index}`);

describe.each([
  ['quiet', 2 * GRACE_MS],
  ['busy', GRACE_MS / 2],
])('on a channel that is %s', (_, sinceMs) => {
  test('streams that resume at different positions cost two log reads together, and get everything that they lack', async () => {
    const events = await store('a', 1, 30);
    await world.clock.advance(GRACE_MS);
    events.push(...(await store('a', 31, 40)));
    await world.clock.advance(sinceMs);
    const calls = countCalls();
    const sinks = await Promise.all(events.map(async (event) => (await world.open(['a'], idOf(event))).sink));
    await until(() => sinks.slice(0, -1).every(({ data }) => data.at(-1) === 'a40'));
    expect(calls()).toBeLessThanOrEqual(2);
    expect(sinks.map(({ data }) => data)).toEqual(events.map((_, index) => numbered('a', index + 2, 40)));
  });

  test('later resumes cost nothing', async () => {
    const events = await store('a', 1, 20);
    await world.clock.advance(sinceMs);
    const before = await world.open(['a'], idOf(events[2] as ChannelEvent));
    await until(() => before.sink.data.at(-1) === 'a20');
    const calls = countCalls();
    const { sink } = await world.open(['a'], idOf(events[2] as ChannelEvent));
    await until(() => sink.data.at(-1) === 'a20');
    expect(calls()).toBe(0);
  });
});

test('a thousand streams over a hundred channels cost two log reads a channel', async () => {
  world = new HubWorld({ maxStreams: 2_000 });
  const channels = Array.from({ length: 100 }, (_, index) => `c${index}-`);
  const seen = new Map<string, ChannelEvent>();
  for (const channel of channels) seen.set(channel, (await store(channel, 1, 5))[1] as ChannelEvent);
  await world.clock.advance(2 * GRACE_MS);
  const calls = countCalls();
  const streams = Array.from({ length: 1_000 }, (_, index) => channels[index % 100] as string);
  const sinks = await Promise.all(
    streams.map(async (channel) => (await world.open([channel], idOf(seen.get(channel) as ChannelEvent))).sink),
  );
  await until(() => sinks.every(({ events }) => events.length === 3));
  expect(calls()).toBeLessThanOrEqual(200);
});

test('streams that are further behind than one page share the pages', async () => {
  const [first] = await store('a', 1, 350);
  await world.clock.advance(2 * GRACE_MS);
  const calls = countCalls();
  const sinks = await Promise.all(Array.from({ length: 50 }, async () => (await world.open(['a'], idOf(first as ChannelEvent))).sink));
  await until(() => sinks.every(({ data }) => data.at(-1) === 'a350'));
  expect(calls()).toBe(1 + 4);
  expect(sinks[49]?.data).toEqual(numbered('a', 2, 350));
});

test('resuming at the head, or without a cursor, costs one read of a quiet channel', async () => {
  const events = await store('a', 1, 5);
  await world.clock.advance(2 * GRACE_MS);
  const calls = countCalls();
  await world.open(['a'], idOf(events[4] as ChannelEvent));
  await world.open(['a']);
  expect(calls()).toBe(1);
});

test('an event above the baseline that was notified before the feed existed costs no further read', async () => {
  await store('a', 1, 2);
  await world.clock.advance(2 * GRACE_MS);
  const { epoch } = await world.log.allocate('a');
  await store('a', 4, 4);
  const calls = countCalls();
  const { sink } = await world.open(['a'], `${epoch}.1`);
  expect(sink.data).toEqual(['a2']);
  expect(calls()).toBeLessThanOrEqual(3);
  await world.clock.advance(GRACE_MS);
  await until(() => sink.data.length === 2);
  expect(sink.data).toEqual(['a2', 'a4']);
});

test('a ring does not reach past a gap: the replay finds out what became of it', async () => {
  const [first] = await store('a', 1, 3);
  await world.log.allocate('a');
  await store('a', 5, 8);
  await world.clock.advance(2 * GRACE_MS);
  const { sink } = await world.open(['a'], idOf(first as ChannelEvent));
  await until(() => sink.data.at(-1) === 'a8');
  expect(sink.data).toEqual([...numbered('a', 2, 3), ...numbered('a', 5, 8)]);
  expect((await world.log.read('a', (first as ChannelEvent).epoch, 4, 1)).entries).toMatchObject([{ kind: 'tombstone', seq: 4 }]);
});

test('tombstones are not gaps', async () => {
  const [first] = await store('a', 1, 3);
  await world.log.tombstone('a', await world.log.allocate('a'), world.clock.nowMs());
  await store('a', 5, 8);
  await world.clock.advance(2 * GRACE_MS);
  const calls = countCalls();
  const { sink } = await world.open(['a'], idOf(first as ChannelEvent));
  await until(() => sink.data.at(-1) === 'a8');
  expect(calls()).toBe(2);
});

test('the latency of events published before the feed existed does not count', async () => {
  const [first] = await store('a', 1, 5);
  await world.clock.advance(2 * GRACE_MS);
  const { sink } = await world.open(['a'], idOf(first as ChannelEvent));
  await until(() => sink.data.length === 4);
  await world.publish('a', 'a6');
  await until(() => sink.data.length === 5);
  expect(world.hub.takeCounts().latenciesMs).toHaveLength(1);
});

test('a stream that is far behind in a large channel does not make the ring hold all of it', async () => {
  const data = 'x'.repeat(50_000);
  const first = await world.store('a', '1');
  for (let n = 2; n <= 60; n++) await world.store('a', `${n} ${data}`);
  await world.clock.advance(2 * GRACE_MS);
  const sink = new FakeSink();
  sink.block();
  const { stream } = await world.open(['a'], idOf(first), sink);
  for (let taken = 0; taken < 200 && sink.events.length < 59; taken++) {
    sink.takeOne(stream);
    await idle();
    expect(sink.bufferedBytes).toBeLessThan(150_000);
  }
  expect(sink.data.map((text) => Number.parseInt(text, 10))).toEqual(Array.from({ length: 59 }, (_, index) => index + 2));
});

test('a client is not slow because of what it had missed before, only because of what comes after', async () => {
  world = new HubWorld({ maxUnsentBytes: 20_000 });
  const first = await world.store('a', '1');
  for (let n = 2; n <= 10; n++) await world.store('a', `${n} ${'x'.repeat(10_000)}`);
  await world.clock.advance(2 * GRACE_MS);
  const sink = new FakeSink();
  sink.block();
  const { stream } = await world.open(['a'], idOf(first), sink);
  sink.takeOne(stream);
  await until(() => sink.events.length > 0);
  await world.publish('a', `11 ${'x'.repeat(10_000)}`);
  await idle();
  expect(sink.closedFor).toBeUndefined();
  await world.publish('a', `12 ${'x'.repeat(10_000)}`);
  await until(() => sink.closedFor === 'slow');
});
