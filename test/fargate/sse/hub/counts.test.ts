import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { GRACE_MS, HubWorld, idOf } from '../support/hub-world.ts';
import { until } from '../support/until.ts';

let world: HubWorld;

beforeEach(() => {
  world = new HubWorld();
});

afterEach(() => world.hub.close());

test('an event counts once for each stream that gets it, and its latency once', async () => {
  const opened = await Promise.all([world.open(['demo']), world.open(['demo']), world.open(['other'])]);
  const event = await world.store('demo', 'x');
  await world.clock.advance(40);
  world.hub.offer(event);
  await until(() => opened.slice(0, 2).every(({ sink }) => sink.events.length === 1));
  expect(world.hub.takeCounts()).toMatchObject({ connects: 3, deliveries: 2, latenciesMs: [40], replays: 0, resets: 0 });
});

test('a repeated notification is a repeat, and not a delivery', async () => {
  const { sink } = await world.open(['demo']);
  const event = await world.publish('demo', 'x');
  await until(() => sink.events.length === 1);
  world.hub.offer(event);
  expect(world.hub.takeCounts()).toMatchObject({ deliveries: 1, repeatsDropped: 1 });
});

test('what a stream has missed is a replay', async () => {
  const first = await world.store('demo', 'seen');
  await world.store('demo', 'missed');
  await world.clock.advance(2 * GRACE_MS);
  const { sink } = await world.open(['demo'], idOf(first));
  await until(() => sink.events.length === 1);
  expect(world.hub.takeCounts()).toMatchObject({ replays: 1, deliveries: 1, resets: 0 });
});

test('a position that the log does not know is a reset', async () => {
  await world.store('demo', 'x');
  const { sink } = await world.open(['demo'], 'another.7');
  await until(() => sink.events.length === 1);
  expect(world.hub.takeCounts()).toMatchObject({ resets: 1 });
});
