import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ORIGIN } from '../../../../packages/protocol/cursor.ts';
import { content, FeedWorld } from '../support/feed-world.ts';
import { GRACE_MS, RETENTION_MS } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

let world: FeedWorld;

beforeEach(() => {
  world = new FeedWorld();
});

afterEach(() => world.close());

test('a wiped log is a reset, and then the new epoch from its first event', async () => {
  const feed = await world.open();
  feed.offer(await world.store('old'));
  world.log.wipe();
  await world.store('new 1');
  const event = await world.store('new 2');
  feed.offer(event);
  await until(() => feed.ring.end === 4);
  expect(content(feed)).toEqual(['old', `reset epoch_changed ${event.epoch}.0`, 'new 1', 'new 2']);
});

test('a wiped log is found by the comparison of heads too', async () => {
  const feed = await world.open();
  feed.offer(await world.store('old'));
  world.log.wipe();
  const { epoch } = await world.store('new');
  feed.noteHead(await world.log.head('demo'), feed.position);
  await until(() => feed.ring.end === 3);
  expect(content(feed)).toEqual(['old', `reset epoch_changed ${epoch}.0`, 'new']);
});

test('a channel that is gone from the log is a reset, even if nothing is published any more', async () => {
  const feed = await world.open();
  feed.offer(await world.store('old'));
  world.log.wipe();
  await until(() => feed.ring.end === 1);
  feed.noteHead(undefined, feed.position);
  await until(() => feed.ring.end === 2);
  expect(content(feed)[1]).toBe('reset epoch_changed 0.0');
  expect(await world.log.head('demo')).toBeUndefined();
});

describe('a feed of a channel that was never used', () => {
  test('stands before every epoch, and writes nothing', async () => {
    const feed = await world.open();
    feed.noteHead(undefined, feed.position);
    await idle();
    expect(feed.position).toEqual(ORIGIN);
    expect(content(feed)).toEqual([]);
    expect(await world.log.head('demo')).toBeUndefined();
  });

  test('goes on into the first epoch without a reset', async () => {
    const feed = await world.open();
    const first = await world.store('one');
    feed.offer(first);
    feed.offer(await world.store('two'));
    await until(() => feed.ring.end === 2);
    expect(content(feed)).toEqual(['one', 'two']);
    expect(feed.locate(ORIGIN)).toBe(0);
    expect(feed.locate({ epoch: first.epoch, seq: 1 })).toBe(1);
  });

  test('reads the first events from the log where their notifications were lost', async () => {
    const feed = await world.open();
    await world.store('one');
    feed.offer(await world.store('two'));
    await until(() => feed.ring.end === 2);
    expect(content(feed)).toEqual(['one', 'two']);
  });

  test('finds the first epoch by the comparison of heads where all notifications were lost, however many', async () => {
    const feed = await world.open();
    for (let n = 1; n <= 1_200; n++) await world.store(`${n}`);
    feed.noteHead(await world.log.head('demo'), feed.position);
    await until(() => feed.ring.end === 1_200);
    expect(content(feed)).toEqual(Array.from({ length: 1_200 }, (_, index) => `${index + 1}`));
  });

  test('tells by a reset that events of the first epoch have expired before it learned of them', async () => {
    const feed = await world.open();
    await world.store('expired');
    await world.clock.advance(RETENTION_MS);
    const { epoch } = await world.store('there');
    await world.clock.advance(GRACE_MS + 1);
    feed.noteHead(await world.log.head('demo'), feed.position);
    await until(() => feed.ring.end === 1);
    expect(content(feed)).toEqual([`reset expired ${epoch}.2`]);
  });

  test('tells by a reset that an epoch of which it was notified is lost, and goes on with the next', async () => {
    const feed = await world.open();
    const lost = await world.store('lost');
    world.log.wipe();
    feed.offer(lost);
    await until(() => feed.ring.end === 1);
    feed.offer(await world.store('next'));
    await until(() => feed.ring.end === 2);
    expect(content(feed)).toEqual(['reset epoch_changed 0.0', 'next']);
  });

  test('is found again after its log was wiped: a reset, and then the next epoch from its first event', async () => {
    const feed = await world.open();
    feed.offer(await world.store('old'));
    await until(() => feed.ring.end === 1);
    world.log.wipe();
    feed.noteHead(undefined, feed.position);
    await until(() => feed.ring.end === 2);
    feed.offer(await world.store('new'));
    await until(() => feed.ring.end === 3);
    expect(content(feed)).toEqual(['old', 'reset epoch_changed 0.0', 'new']);
    expect(feed.locate(ORIGIN)).toBe(2);
  });
});

test('what is notified while a new epoch is being confirmed is not lost', async () => {
  const feed = await world.open();
  feed.offer(await world.store('old'));
  world.log.wipe();
  feed.offer(await world.store('new 1'));
  feed.offer(await world.store('new 2'));
  await until(() => feed.ring.end === 4);
  expect(content(feed).slice(2)).toEqual(['new 1', 'new 2']);
});

test('a late notification of an old epoch is ignored', async () => {
  const feed = await world.open();
  const old = await world.store('old');
  feed.offer(old);
  world.log.wipe();
  feed.offer(await world.store('new'));
  await until(() => feed.ring.end === 3);
  const heads = jest.spyOn(world.log, 'head');
  feed.offer({ ...old, seq: 2, data: 'late' });
  await idle();
  expect(content(feed)).toHaveLength(3);
  expect(heads).not.toHaveBeenCalled();
});

test('a notification of an epoch that the log does not have changes nothing', async () => {
  const feed = await world.open();
  const event = await world.store('first');
  feed.offer(event);
  feed.offer({ ...event, epoch: 'bogus', data: 'forged' });
  await idle();
  feed.offer(await world.store('second'));
  expect(content(feed)).toEqual(['first', 'second']);
});

test('a log that was set back within its epoch is a reset', async () => {
  const feed = await world.open();
  const { epoch } = await world.store('one');
  for (const data of ['two', 'three']) feed.offer(await world.store(data));
  await until(() => feed.position.seq === 3);
  const head = { epoch, seq: 1, createdAtMs: world.clock.nowMs(), allocatedAtMs: world.clock.nowMs() };
  jest.spyOn(world.log, 'head').mockResolvedValue(head);
  feed.noteHead(head, feed.position);
  await until(() => content(feed).includes(`reset ahead ${epoch}.1`));
  expect(feed.position).toEqual({ epoch, seq: 1 });
});

test('a head that was read before the feed moved on is no reason for anything', async () => {
  const feed = await world.open();
  const head = await world.log.head('demo');
  const seen = feed.position;
  feed.offer(await world.store('one'));
  feed.noteHead(head, seen);
  await idle();
  expect(content(feed)).toEqual(['one']);
});
