import { describe, expect, test } from '@jest/globals';
import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import { JOB_SIZE, MAX_CLOSES } from '../../../lambda/websocket/fan-out-event.ts';
import { channelEvent, connectionIds, notified, openFanOut, queued } from './support/fan-out.ts';
import { hanging } from './support/scripted-poster.ts';

const ids = (subscribers: readonly { connectionId: string }[]) => subscribers.map(({ connectionId }) => connectionId);

test('a closed connection is forgotten and counted', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] }, (id) => ({ kind: id === 'c1' ? 'gone' : 'sent' }));
  expect(await fanOut.deliver([notified(1)])).toMatchObject({ deliveries: 1, goneConnections: 1, unfinished: [] });
  expect(ids(await fanOut.subscribersOf())).toEqual(['c2']);
});

test('a closed connection gets no further posts in the invocation', async () => {
  const fanOut = await openFanOut({ demo: ['c1'], other: ['c1'] }, () => ({ kind: 'gone' }));
  await fanOut.deliver([notified(1), notified(2), notified(1, 'other')]);
  expect(fanOut.poster.posts).toHaveLength(1);
  expect([await fanOut.subscribersOf('demo'), await fanOut.subscribersOf('other')]).toEqual([[], []]);
});

test('a closed connection loses its rows on all channels', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'], other: ['c1', 'c2'] }, (id) => ({ kind: id === 'c1' ? 'gone' : 'sent' }));
  await fanOut.deliver([notified(1)]);
  expect(ids(await fanOut.subscribersOf('other'))).toEqual(['c2']);
  expect(await fanOut.store.subscribe('c1', 'demo')).toBe('gone');
});

test('however many connections are closed, the other rows of only some are deleted in one invocation', async () => {
  const subscribers = connectionIds(MAX_CLOSES + 30);
  const fanOut = await openFanOut({ demo: subscribers, other: subscribers }, () => ({ kind: 'gone' }), 500);
  expect(await fanOut.deliver([notified(1)])).toMatchObject({ goneConnections: MAX_CLOSES + 30, closedConnections: MAX_CLOSES });
  expect(await fanOut.subscribersOf('demo')).toEqual([]);
  expect(await fanOut.subscribersOf('other')).toHaveLength(30);
});

test('a subscription that has changed since it was read stays', async () => {
  const fanOut = await openFanOut({ demo: ['c1'] }, async (id) => {
    await fanOut.store.subscribe(id, 'demo');
    return { kind: 'gone' };
  });
  await fanOut.deliver([notified(1)]);
  expect(ids(await fanOut.subscribersOf())).toEqual(['c1']);
});

test('a subscription that cannot be deleted does not fail the record', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] }, (id) => ({ kind: id === 'c1' ? 'gone' : 'sent' }));
  const store = Object.assign(Object.create(fanOut.store), {
    subscribers: fanOut.store.subscribers.bind(fanOut.store),
    forget: async () => {
      throw new Error('throttled');
    },
  });
  expect(await fanOut.deliver([notified(1)], { deps: { store } })).toMatchObject({ deliveries: 1, unfinished: [] });
});

test('a throttled connection alone is tried again', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] }, (id, nth) => ({ kind: id === 'c1' && nth < 3 ? 'throttled' : 'sent' }));
  expect(await fanOut.deliver([notified(1)])).toMatchObject({ deliveries: 2, throttledPosts: 2 });
  expect([fanOut.got('c1'), fanOut.got('c2')]).toEqual([['demo-1'], ['demo-1']]);
});

test('a connection that takes nothing within the budget is queued again alone, with a delay', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] }, (id) => ({ kind: id === 'c1' ? 'throttled' : 'sent' }));
  expect(await fanOut.deliver([notified(1)])).toMatchObject({ deliveries: 1, throttledPosts: 3, undeliverable: 0, unfinished: [] });
  expect(fanOut.queue.jobs).toEqual([
    { job: { events: [channelEvent(1)], subscribers: [expect.objectContaining({ connectionId: 'c1' })], attempt: 2 }, delaySeconds: 2 },
  ]);
});

test('the delay doubles with each attempt', async () => {
  const fanOut = await openFanOut({}, () => ({ kind: 'throttled' }));
  const subscribers = [{ connectionId: 'c1', version: 'v' }];
  for (const attempt of [1, 2, 3, 4]) await fanOut.deliver([queued({ events: [channelEvent(1)], subscribers, attempt })]);
  expect(fanOut.queue.jobs.map(({ delaySeconds }) => delaySeconds)).toEqual([2, 3, 6, 12]);
});

test('after the last attempt the event goes to the dead-letter queue for those connections, and is counted', async () => {
  const fanOut = await openFanOut({}, () => ({ kind: 'unavailable', reason: '503' }));
  const job = { events: [channelEvent(1)], subscribers: [{ connectionId: 'c1', version: 'v' }], attempt: 5 };
  expect(await fanOut.deliver([queued(job)])).toMatchObject({ undeliverable: 1, unfinished: [] });
  expect([fanOut.queue.jobs, fanOut.queue.deadLetters]).toEqual([[], [job]]);
});

test('a refused post goes to the dead-letter queue at once, logged and counted', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] }, (id) => (id === 'c1' ? { kind: 'refused', reason: '413' } : { kind: 'sent' }));
  expect(await fanOut.deliver([notified(1)])).toMatchObject({ deliveries: 1, undeliverable: 1 });
  expect(fanOut.queue.deadLetters).toEqual([
    { events: [channelEvent(1)], subscribers: [expect.objectContaining({ connectionId: 'c1' })], attempt: 1 },
  ]);
  expect(fanOut.lines).toContainEqual(
    expect.objectContaining({ level: 'WARN', channel: 'demo', seq: 1, undeliverable: 1, reasons: ['413'] }),
  );
});

test('no log line contains the data of an event', async () => {
  const fanOut = await openFanOut({ demo: ['c1'] }, () => ({ kind: 'refused', reason: '413' }));
  await fanOut.deliver([notified(1)]);
  expect(JSON.stringify(fanOut.lines)).not.toContain('demo-1');
});

test('a poster that throws counts as unavailable for that connection alone', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] }, (id) => {
    if (id === 'c1') throw new Error('no credentials');
    return { kind: 'sent' };
  });
  expect(await fanOut.deliver([notified(1)])).toMatchObject({ deliveries: 1, unfinished: [] });
  expect(fanOut.queue.jobs.map(({ job }) => ids(job.subscribers))).toEqual([['c1']]);
});

test('a stuck connection does not delay the others', async () => {
  const sentAtMs: number[] = [];
  const fanOut = await openFanOut(
    { demo: ['slow', 'c1', 'c2'] },
    (id) => {
      if (id === 'slow') return { kind: 'throttled' };
      sentAtMs.push(fanOut.clock.nowMs());
      return { kind: 'sent' };
    },
    1,
  );
  const startMs = fanOut.clock.nowMs();
  await fanOut.deliver([notified(1), notified(2)]);
  expect(Math.max(...sentAtMs) - startMs).toBeLessThan(100);
});

test('a stuck connection is not tried with the later events of the batch', async () => {
  const fanOut = await openFanOut({ demo: ['c1'] }, () => ({ kind: 'throttled' }));
  await fanOut.deliver([notified(1), notified(2)]);
  expect(fanOut.poster.posts).toHaveLength(3);
  expect(fanOut.queue.jobs.map(({ job }) => [(job.events as readonly ChannelEvent[])[0]?.seq, job.attempt])).toEqual([
    [1, 2],
    [2, 2],
  ]);
});

test('posts in flight at the deadline are aborted and queued again', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] }, (id, _, signal) => (id === 'c1' ? hanging(signal) : { kind: 'sent' }));
  expect(await fanOut.deliver([notified(1)], { timeMs: 1000 })).toMatchObject({ deliveries: 1, unfinished: [] });
  expect(fanOut.queue.jobs.map(({ job }) => [ids(job.subscribers), job.attempt])).toEqual([[['c1'], 2]]);
});

test('connections for which there was no time are queued again at once, without counting as tried', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] }, (_, __, signal) => hanging(signal), 1);
  await fanOut.deliver([notified(1)], { timeMs: 1000 });
  expect(fanOut.queue.jobs.map(({ job, delaySeconds }) => [ids(job.subscribers), job.attempt, delaySeconds])).toEqual([
    [['c2'], 1, 0],
    [['c1'], 2, 2],
  ]);
});

test.each([
  ['no JSON', 'hello'],
  ['neither a notification nor a job', '{"x":1}'],
  ['a job without an event', '{"subscribers":[],"attempt":1}'],
  ['a notification of a bad channel', '{"channel":"a b","epoch":"e","seq":1,"type":"message","data":"","publishedAt":0}'],
])('a message that is %s is returned to the queue alone, with a line that says why', async (_, body) => {
  const fanOut = await openFanOut({ demo: ['c1'] });
  expect(await fanOut.deliver([{ messageId: 'bad', body }, notified(2)])).toMatchObject({ deliveries: 1, unfinished: ['bad'] });
  expect(fanOut.lines).toEqual([
    expect.objectContaining({ level: 'ERROR', message: 'malformed message', messageId: 'bad', reason: expect.any(String) }),
  ]);
});

describe('subscribers that cannot be read', () => {
  /** Fails so often on channel `a`, at the page after this one. */
  function failing(fanOut: Awaited<ReturnType<typeof openFanOut>>, times: number, after?: string) {
    let left = times;
    return Object.assign(Object.create(fanOut.store), {
      forget: fanOut.store.forget.bind(fanOut.store),
      subscribers: async (channel: string, limit: number, next?: string) => {
        if (channel === 'a' && next === after && left-- > 0) throw new Error('throttled');
        return fanOut.store.subscribers(channel, limit, next);
      },
    });
  }

  test('are read again after seconds, by a job of their own: the record would return after minutes, and other channels go on', async () => {
    const fanOut = await openFanOut({ a: ['c1'], b: ['c2'] });
    const store = failing(fanOut, 2);
    expect(await fanOut.deliver([notified(1, 'a'), notified(1, 'b')], { deps: { store } })).toMatchObject({
      deliveries: 1,
      unfinished: [],
    });
    expect(fanOut.lines).toContainEqual(expect.objectContaining({ level: 'WARN', message: 'subscribers not read', channel: 'a', seq: 1 }));

    const delays: (number | undefined)[] = [];
    for (const { job, delaySeconds } of fanOut.queue.jobs) {
      delays.push(delaySeconds);
      await fanOut.deliver([queued(job)], { deps: { store } });
    }
    expect(delays).toEqual([2, 6, 0]);
    expect(fanOut.got('c1')).toEqual(['a-1']);
  });

  test('are read on from where it failed, and those before get the event once', async () => {
    const subscribers = connectionIds(JOB_SIZE + 1);
    const fanOut = await openFanOut({ a: subscribers });
    const store = failing(fanOut, 1, subscribers[JOB_SIZE - 1]);
    expect(await fanOut.deliver([notified(1, 'a')], { deps: { store } })).toMatchObject({ deliveries: JOB_SIZE, unfinished: [] });
    for (const { job } of fanOut.queue.jobs) await fanOut.deliver([queued(job)], { deps: { store } });
    expect(subscribers.map((id) => fanOut.got(id).length)).toEqual(subscribers.map(() => 1));
  });

  test('are set aside after the last attempt', async () => {
    const fanOut = await openFanOut({ a: ['c1'] });
    const store = failing(fanOut, 9);
    await fanOut.deliver([notified(1, 'a')], { deps: { store } });
    for (const { job } of fanOut.queue.jobs) await fanOut.deliver([queued(job)], { deps: { store } });
    expect(fanOut.queue.jobs).toHaveLength(4);
    expect(fanOut.queue.deadLetters).toEqual([{ events: [channelEvent(1, 'a')], subscribers: [], attempt: 5, resumeAfter: '' }]);
  });
});

test('a record is returned to the queue if the rest of it cannot be queued', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] }, (id) => ({ kind: id === 'c1' ? 'throttled' : 'sent' }));
  const queue = {
    enqueue: async () => {
      throw new Error('SQS is down');
    },
    deadLetter: async () => undefined,
  };
  expect(await fanOut.deliver([notified(1)], { deps: { queue } })).toMatchObject({ deliveries: 1, unfinished: ['m-demo-1'] });
});
