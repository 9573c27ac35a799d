import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { ChannelEvent } from '../../../../backbone/domain/event.ts';
import { content, FeedWorld } from '../support/feed-world.ts';
import { GRACE_MS } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

let world: FeedWorld;

beforeEach(() => {
  world = new FeedWorld();
});

afterEach(() => world.close());

test('a seq that was never written holds the next event back until the grace period is over', async () => {
  const feed = await world.open();
  await world.log.allocate('demo');
  feed.offer(await world.store('next'));
  await until(() => world.clock.sleeping === 1);
  await world.clock.advance(GRACE_MS - 1);
  await idle();
  expect(content(feed)).toEqual([]);
  await world.clock.advance(1);
  await until(() => feed.ring.end === 1);
  expect(content(feed)).toEqual(['next']);
  expect(world.tombstoned).toBe(1);
});

test('gaps that were noticed together are tombstoned together', async () => {
  const feed = await world.open();
  await world.log.allocate('demo');
  const first = await world.store('first');
  await world.log.allocate('demo');
  feed.offer(first);
  feed.offer(await world.store('second'));
  await until(() => world.clock.sleeping === 1);
  await world.clock.advance(GRACE_MS);
  await until(() => feed.ring.end === 2);
  expect(world.tombstoned).toBe(2);
});

test('a gap that was noticed later is not tombstoned before its own time', async () => {
  const { epoch } = await world.store('one');
  const feed = await world.open();
  await world.log.allocate('demo');
  feed.noteAssigned(2);
  await until(() => world.clock.sleeping === 1);
  await world.clock.advance(GRACE_MS - 1_000);
  await world.log.allocate('demo');
  feed.noteAssigned(3);
  await world.clock.advance(1_000);
  await until(() => world.tombstoned === 1);
  expect((await world.log.read('demo', epoch, 1, 10)).entries.map(({ seq }) => seq)).toEqual([1, 2]);
});

test('a tombstone is as old as what lies behind it, however late the gap was noticed', async () => {
  const feed = await world.open();
  const gap = await world.log.allocate('demo');
  const next = await world.store('next');
  await world.clock.advance(10 * GRACE_MS);
  feed.offer(next);
  await until(() => world.clock.sleeping === 1);
  await world.clock.advance(GRACE_MS);
  await until(() => world.tombstoned === 1);
  expect((await world.log.read('demo', gap.epoch, gap.seq, 1)).entries).toMatchObject([{ kind: 'tombstone', atMs: next.publishedAtMs }]);
});

test('an event that is written within the grace period is delivered when its notification comes', async () => {
  const feed = await world.open();
  const position = await world.log.allocate('demo');
  feed.offer(await world.store('next'));
  await until(() => world.clock.sleeping === 1);
  const late: ChannelEvent = { channel: 'demo', ...position, type: 'message', data: 'late', publishedAtMs: world.clock.nowMs() };
  await world.log.append(late, 'p1');
  feed.offer(late);
  expect(content(feed)).toEqual(['late', 'next']);
  await until(() => world.clock.sleeping === 0);
  expect(world.tombstoned).toBe(0);
});

test('losing the race for a gap gives its event', async () => {
  const feed = await world.open();
  const position = await world.log.allocate('demo');
  feed.offer(await world.store('next'));
  await until(() => world.clock.sleeping === 1);
  // Written at the last moment, between the feed's last look and its tombstone.
  const read = world.log.read.bind(world.log);
  jest.spyOn(world.log, 'read').mockImplementationOnce(async (...query) => {
    const page = await read(...query);
    await world.log.append({ channel: 'demo', ...position, type: 'message', data: 'won', publishedAtMs: world.clock.nowMs() }, 'p1');
    return page;
  });
  await world.clock.advance(GRACE_MS);
  await until(() => feed.ring.end === 2);
  expect(content(feed)).toEqual(['won', 'next']);
  expect(world.tombstoned).toBe(0);
});

test('a log that fails is asked again', async () => {
  const feed = await world.open();
  await world.store('lost');
  jest.spyOn(world.log, 'read').mockRejectedValueOnce(new Error('throttled'));
  feed.offer(await world.store('next'));
  await until(() => world.clock.sleeping === 1);
  await world.clock.advance(1_000);
  await until(() => feed.ring.end === 2);
  expect(content(feed)).toEqual(['lost', 'next']);
});

test('a gap in a log that was wiped is a reset, and not skipped', async () => {
  const feed = await world.open();
  feed.offer(await world.store('first'));
  await until(() => feed.ring.end === 1);
  await world.store('lost');
  const next = await world.store('next');
  world.log.wipe();
  feed.offer(next);
  await until(() => world.clock.sleeping === 1);
  await world.clock.advance(GRACE_MS);
  await until(() => feed.ring.end === 2);
  expect(content(feed)).toEqual(['first', 'reset epoch_changed 0.0']);
});
