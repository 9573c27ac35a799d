import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { ChannelEvent } from '../../../../backbone/domain/event.ts';
import { content, FeedWorld } from '../support/feed-world.ts';
import { GRACE_MS } from '../support/hub-world.ts';
import { until } from '../support/until.ts';

let world: FeedWorld;

beforeEach(() => {
  world = new FeedWorld();
});

afterEach(() => world.close());

test('notifications come out in order, each once', async () => {
  const feed = await world.open();
  const events = [await world.store('a'), await world.store('b'), await world.store('c')];
  for (const index of [0, 1, 1, 0, 2]) feed.offer(events[index] as ChannelEvent);
  await until(() => feed.ring.end === 3);
  expect(content(feed)).toEqual(['a', 'b', 'c']);
});

test('a lost notification is read from the log as soon as the next one comes', async () => {
  const feed = await world.open();
  await world.store('lost');
  feed.offer(await world.store('next'));
  await until(() => feed.ring.end === 2);
  expect(content(feed)).toEqual(['lost', 'next']);
});

test('a notification that comes while the feed opens is kept', async () => {
  const feed = world.make();
  feed.offer(await world.store('early'));
  await feed.opened;
  // Whether the baseline already has it or not, the position is behind it and it is not delivered twice.
  feed.offer(await world.store('late'));
  await until(() => feed.ring.end > 0);
  expect(content(feed).filter((data) => data === 'late')).toEqual(['late']);
  expect(feed.position.seq).toBe(2);
});

test('an event that was notified before the feed existed, but lies behind its baseline, is read from the log', async () => {
  await world.log.allocate('demo');
  await world.store('behind a gap');
  const feed = await world.open();
  expect(feed.position.seq).toBe(0);
  await world.clock.advance(GRACE_MS);
  await until(() => feed.ring.end === 1);
  expect(content(feed)).toEqual(['behind a gap']);
});

test('a head that is further than what came is a lost last notification', async () => {
  const feed = await world.open();
  await world.store('lost');
  feed.noteHead(await world.log.head('demo'), feed.position);
  await until(() => feed.ring.end === 1);
  expect(content(feed)).toEqual(['lost']);
});

test('a feed whose log does not answer rejects', async () => {
  jest.spyOn(world.log, 'head').mockRejectedValue(new Error('no log'));
  await expect(world.make().opened).rejects.toThrow('no log');
});
