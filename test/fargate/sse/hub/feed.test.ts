import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ChannelEvent } from '../../../../backbone/domain/event.ts';
import { MemoryEventBus } from '../../../../backbone/memory/memory-event-bus.ts';
import { MemoryEventLog } from '../../../../backbone/memory/memory-event-log.ts';
import { LogReader } from '../../../../backbone/services/log-reader.ts';
import { publish } from '../../../../backbone/services/publisher.ts';
import { RingMemory } from '../../../../fargate/sse/budget/ring-memory.ts';
import { Feed } from '../../../../fargate/sse/hub/feed.ts';
import { Permits } from '../../../../fargate/sse/hub/permits.ts';
import { ORIGIN } from '../../../../packages/protocol/cursor.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { GRACE_MS, RETENTION_MS, silentLogger } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

let clock: ManualClock;
let log: MemoryEventLog;
let tombstoned: number;
let feed: Feed | undefined;

beforeEach(() => {
  clock = new ManualClock();
  log = new MemoryEventLog({ clock, retentionMs: RETENTION_MS });
  tombstoned = 0;
});

afterEach(() => feed?.close());

function makeFeed(): Feed {
  const reader = new LogReader({ log, clock, retentionMs: RETENTION_MS, graceMs: GRACE_MS });
  feed = new Feed('demo', {
    log,
    reader,
    clock,
    logger: silentLogger,
    graceMs: GRACE_MS,
    retentionMs: RETENTION_MS,
    onAdvanced: () => {},
    pace: () => undefined,
    onRepeat: () => {},
    ringMemory: new RingMemory(64 * 1024 * 1024),
    onTombstoned: (gaps) => {
      tombstoned += gaps;
    },
  });
  void feed.wantedBy(new Permits(1).for('ann'));
  return feed;
}

async function openFeed(): Promise<Feed> {
  const made = makeFeed();
  await made.opened;
  return made;
}

async function store(data: string): Promise<ChannelEvent> {
  return publish({ channel: 'demo', type: 'message', data }, 'tests', { log, clock, bus: new MemoryEventBus(), publishTimeoutMs: 2_000 });
}

/** What the ring has taken in, resets included. */
function content({ ring }: Feed): readonly string[] {
  return Array.from({ length: ring.end - ring.start }, (_, index) => {
    const { content, position } = ring.at(ring.start + index);
    return content.kind === 'event' ? content.event.data : `reset ${content.reason} ${position.epoch}.${position.seq}`;
  });
}

test('notifications come out in order, each once', async () => {
  const feed = await openFeed();
  const events = [await store('a'), await store('b'), await store('c')];
  for (const index of [0, 1, 1, 0, 2]) feed.offer(events[index] as ChannelEvent);
  await until(() => feed.ring.end === 3);
  expect(content(feed)).toEqual(['a', 'b', 'c']);
});

test('a lost notification is read from the log as soon as the next one comes', async () => {
  const feed = await openFeed();
  await store('lost');
  feed.offer(await store('next'));
  await until(() => feed.ring.end === 2);
  expect(content(feed)).toEqual(['lost', 'next']);
});

test('a notification that comes while the feed opens is kept', async () => {
  const feed = makeFeed();
  feed.offer(await store('early'));
  await feed.opened;
  // Whether the baseline already has it or not, the position is behind it and it is not delivered twice.
  feed.offer(await store('late'));
  await until(() => feed.ring.end > 0);
  expect(content(feed).filter((data) => data === 'late')).toEqual(['late']);
  expect(feed.position.seq).toBe(2);
});

test('an event that was notified before the feed existed, but lies behind its baseline, is read from the log', async () => {
  await log.allocate('demo');
  await store('behind a gap');
  const feed = await openFeed();
  expect(feed.position.seq).toBe(0);
  await clock.advance(GRACE_MS);
  await until(() => feed.ring.end === 1);
  expect(content(feed)).toEqual(['behind a gap']);
});

test('a seq that was never written holds the next event back until the grace period is over', async () => {
  const feed = await openFeed();
  await log.allocate('demo');
  feed.offer(await store('next'));
  await until(() => clock.sleeping === 1);
  await clock.advance(GRACE_MS - 1);
  await idle();
  expect(content(feed)).toEqual([]);
  await clock.advance(1);
  await until(() => feed.ring.end === 1);
  expect(content(feed)).toEqual(['next']);
  expect(tombstoned).toBe(1);
});

test('gaps that were noticed together are tombstoned together', async () => {
  const feed = await openFeed();
  await log.allocate('demo');
  const first = await store('first');
  await log.allocate('demo');
  feed.offer(first);
  feed.offer(await store('second'));
  await until(() => clock.sleeping === 1);
  await clock.advance(GRACE_MS);
  await until(() => feed.ring.end === 2);
  expect(tombstoned).toBe(2);
});

test('a gap that was noticed later is not tombstoned before its own time', async () => {
  const { epoch } = await store('one');
  const feed = await openFeed();
  await log.allocate('demo');
  feed.noteAssigned(2);
  await until(() => clock.sleeping === 1);
  await clock.advance(GRACE_MS - 1_000);
  await log.allocate('demo');
  feed.noteAssigned(3);
  await clock.advance(1_000);
  await until(() => tombstoned === 1);
  expect((await log.read('demo', epoch, 1, 10)).entries.map(({ seq }) => seq)).toEqual([1, 2]);
});

test('a tombstone is as old as what lies behind it, however late the gap was noticed', async () => {
  const feed = await openFeed();
  const gap = await log.allocate('demo');
  const next = await store('next');
  await clock.advance(10 * GRACE_MS);
  feed.offer(next);
  await until(() => clock.sleeping === 1);
  await clock.advance(GRACE_MS);
  await until(() => tombstoned === 1);
  expect((await log.read('demo', gap.epoch, gap.seq, 1)).entries).toMatchObject([{ kind: 'tombstone', atMs: next.publishedAtMs }]);
});

test('an event that is written within the grace period is delivered when its notification comes', async () => {
  const feed = await openFeed();
  const position = await log.allocate('demo');
  feed.offer(await store('next'));
  await until(() => clock.sleeping === 1);
  const late: ChannelEvent = { channel: 'demo', ...position, type: 'message', data: 'late', publishedAtMs: clock.nowMs() };
  await log.append(late, 'p1');
  feed.offer(late);
  expect(content(feed)).toEqual(['late', 'next']);
  await until(() => clock.sleeping === 0);
  expect(tombstoned).toBe(0);
});

test('losing the race for a gap gives its event', async () => {
  const feed = await openFeed();
  const position = await log.allocate('demo');
  feed.offer(await store('next'));
  await until(() => clock.sleeping === 1);
  // Written at the last moment, between the feed's last look and its tombstone.
  const read = log.read.bind(log);
  jest.spyOn(log, 'read').mockImplementationOnce(async (...query) => {
    const page = await read(...query);
    await log.append({ channel: 'demo', ...position, type: 'message', data: 'won', publishedAtMs: clock.nowMs() }, 'p1');
    return page;
  });
  await clock.advance(GRACE_MS);
  await until(() => feed.ring.end === 2);
  expect(content(feed)).toEqual(['won', 'next']);
  expect(tombstoned).toBe(0);
});

test('a head that is further than what came is a lost last notification', async () => {
  const feed = await openFeed();
  await store('lost');
  feed.noteHead(await log.head('demo'), feed.position);
  await until(() => feed.ring.end === 1);
  expect(content(feed)).toEqual(['lost']);
});

test('a log that fails is asked again', async () => {
  const feed = await openFeed();
  await store('lost');
  jest.spyOn(log, 'read').mockRejectedValueOnce(new Error('throttled'));
  feed.offer(await store('next'));
  await until(() => clock.sleeping === 1);
  await clock.advance(1_000);
  await until(() => feed.ring.end === 2);
  expect(content(feed)).toEqual(['lost', 'next']);
});

test('a wiped log is a reset, and then the new epoch from its first event', async () => {
  const feed = await openFeed();
  feed.offer(await store('old'));
  log.wipe();
  await store('new 1');
  const event = await store('new 2');
  feed.offer(event);
  await until(() => feed.ring.end === 4);
  expect(content(feed)).toEqual(['old', `reset epoch_changed ${event.epoch}.0`, 'new 1', 'new 2']);
});

test('a wiped log is found by the comparison of heads too', async () => {
  const feed = await openFeed();
  feed.offer(await store('old'));
  log.wipe();
  const { epoch } = await store('new');
  feed.noteHead(await log.head('demo'), feed.position);
  await until(() => feed.ring.end === 3);
  expect(content(feed)).toEqual(['old', `reset epoch_changed ${epoch}.0`, 'new']);
});

test('a channel that is gone from the log is a reset, even if nothing is published any more', async () => {
  const feed = await openFeed();
  feed.offer(await store('old'));
  log.wipe();
  await until(() => feed.ring.end === 1);
  feed.noteHead(undefined, feed.position);
  await until(() => feed.ring.end === 2);
  expect(content(feed)[1]).toBe('reset epoch_changed 0.0');
  expect(await log.head('demo')).toBeUndefined();
});

test('a gap in a log that was wiped is a reset, and not skipped', async () => {
  const feed = await openFeed();
  feed.offer(await store('first'));
  await until(() => feed.ring.end === 1);
  await store('lost');
  const next = await store('next');
  log.wipe();
  feed.offer(next);
  await until(() => clock.sleeping === 1);
  await clock.advance(GRACE_MS);
  await until(() => feed.ring.end === 2);
  expect(content(feed)).toEqual(['first', 'reset epoch_changed 0.0']);
});

describe('a feed of a channel that was never used', () => {
  test('stands before every epoch, and writes nothing', async () => {
    const feed = await openFeed();
    feed.noteHead(undefined, feed.position);
    await idle();
    expect(feed.position).toEqual(ORIGIN);
    expect(content(feed)).toEqual([]);
    expect(await log.head('demo')).toBeUndefined();
  });

  test('goes on into the first epoch without a reset', async () => {
    const feed = await openFeed();
    const first = await store('one');
    feed.offer(first);
    feed.offer(await store('two'));
    await until(() => feed.ring.end === 2);
    expect(content(feed)).toEqual(['one', 'two']);
    expect(feed.locate(ORIGIN)).toBe(0);
    expect(feed.locate({ epoch: first.epoch, seq: 1 })).toBe(1);
  });

  test('reads the first events from the log where their notifications were lost', async () => {
    const feed = await openFeed();
    await store('one');
    feed.offer(await store('two'));
    await until(() => feed.ring.end === 2);
    expect(content(feed)).toEqual(['one', 'two']);
  });

  test('finds the first epoch by the comparison of heads where all notifications were lost, however many', async () => {
    const feed = await openFeed();
    for (let n = 1; n <= 1_200; n++) await store(`${n}`);
    feed.noteHead(await log.head('demo'), feed.position);
    await until(() => feed.ring.end === 1_200);
    expect(content(feed)).toEqual(Array.from({ length: 1_200 }, (_, index) => `${index + 1}`));
  });

  test('tells by a reset that events of the first epoch have expired before it learned of them', async () => {
    const feed = await openFeed();
    await store('expired');
    await clock.advance(RETENTION_MS);
    const { epoch } = await store('there');
    await clock.advance(GRACE_MS + 1);
    feed.noteHead(await log.head('demo'), feed.position);
    await until(() => feed.ring.end === 1);
    expect(content(feed)).toEqual([`reset expired ${epoch}.2`]);
  });

  test('tells by a reset that an epoch of which it was notified is lost, and goes on with the next', async () => {
    const feed = await openFeed();
    const lost = await store('lost');
    log.wipe();
    feed.offer(lost);
    await until(() => feed.ring.end === 1);
    feed.offer(await store('next'));
    await until(() => feed.ring.end === 2);
    expect(content(feed)).toEqual(['reset epoch_changed 0.0', 'next']);
  });

  test('is found again after its log was wiped: a reset, and then the next epoch from its first event', async () => {
    const feed = await openFeed();
    feed.offer(await store('old'));
    await until(() => feed.ring.end === 1);
    log.wipe();
    feed.noteHead(undefined, feed.position);
    await until(() => feed.ring.end === 2);
    feed.offer(await store('new'));
    await until(() => feed.ring.end === 3);
    expect(content(feed)).toEqual(['old', 'reset epoch_changed 0.0', 'new']);
    expect(feed.locate(ORIGIN)).toBe(2);
  });
});

test('what is notified while a new epoch is being confirmed is not lost', async () => {
  const feed = await openFeed();
  feed.offer(await store('old'));
  log.wipe();
  feed.offer(await store('new 1'));
  feed.offer(await store('new 2'));
  await until(() => feed.ring.end === 4);
  expect(content(feed).slice(2)).toEqual(['new 1', 'new 2']);
});

test('a late notification of an old epoch is ignored', async () => {
  const feed = await openFeed();
  const old = await store('old');
  feed.offer(old);
  log.wipe();
  feed.offer(await store('new'));
  await until(() => feed.ring.end === 3);
  const heads = jest.spyOn(log, 'head');
  feed.offer({ ...old, seq: 2, data: 'late' });
  await idle();
  expect(content(feed)).toHaveLength(3);
  expect(heads).not.toHaveBeenCalled();
});

test('a notification of an epoch that the log does not have changes nothing', async () => {
  const feed = await openFeed();
  const event = await store('first');
  feed.offer(event);
  feed.offer({ ...event, epoch: 'bogus', data: 'forged' });
  await idle();
  feed.offer(await store('second'));
  expect(content(feed)).toEqual(['first', 'second']);
});

test('a log that was set back within its epoch is a reset', async () => {
  const feed = await openFeed();
  const { epoch } = await store('one');
  for (const data of ['two', 'three']) feed.offer(await store(data));
  await until(() => feed.position.seq === 3);
  const head = { epoch, seq: 1, createdAtMs: clock.nowMs(), allocatedAtMs: clock.nowMs() };
  jest.spyOn(log, 'head').mockResolvedValue(head);
  feed.noteHead(head, feed.position);
  await until(() => content(feed).includes(`reset ahead ${epoch}.1`));
  expect(feed.position).toEqual({ epoch, seq: 1 });
});

test('a head that was read before the feed moved on is no reason for anything', async () => {
  const feed = await openFeed();
  const head = await log.head('demo');
  const seen = feed.position;
  feed.offer(await store('one'));
  feed.noteHead(head, seen);
  await idle();
  expect(content(feed)).toEqual(['one']);
});

test('a feed whose log does not answer rejects', async () => {
  jest.spyOn(log, 'head').mockRejectedValue(new Error('no log'));
  await expect(makeFeed().opened).rejects.toThrow('no log');
});
