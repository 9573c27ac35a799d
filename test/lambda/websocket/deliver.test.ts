import { expect, test } from '@jest/globals';
import { MAX_CLOSES } from '../../../lambda/websocket/fan-out-event.ts';
import { channelEvent, connectionIds, notified, openFanOut, queued } from './support/fan-out.ts';
import { hanging } from './support/scripted-poster.ts';

const ids = (subscribers: readonly { connectionId: string }[]) => subscribers.map(({ connectionId }) => connectionId);

test('an event reaches every subscriber of its channel, and nobody else', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'], other: ['c3'] });
  expect(await fanOut.deliver([notified(1)])).toMatchObject({ deliveries: 2, unfinished: [] });
  expect([fanOut.got('c1'), fanOut.got('c2'), fanOut.got('c3')]).toEqual([['demo-1'], ['demo-1'], []]);
});

test('an event of a channel without subscribers is done', async () => {
  const fanOut = await openFanOut({});
  expect(await fanOut.deliver([notified(1)])).toMatchObject({ deliveries: 0, unfinished: [] });
});

test('a connection gets the events of a batch in order', async () => {
  const fanOut = await openFanOut({ demo: ['c1'] }, async (_, nth) => {
    await fanOut.clock.sleep(100 - nth * 10);
    return { kind: 'sent' };
  });
  await fanOut.deliver([1, 2, 3, 4].map((seq) => notified(seq)));
  expect(fanOut.got('c1')).toEqual(['demo-1', 'demo-2', 'demo-3', 'demo-4']);
});

test('no more posts are in flight than allowed, over all records', async () => {
  const subscribers = connectionIds(40);
  const script = async () => {
    await fanOut.clock.sleep(20);
    return { kind: 'sent' } as const;
  };
  const fanOut = await openFanOut({ a: subscribers, b: subscribers }, script, 7);
  expect(await fanOut.deliver([notified(1, 'a'), notified(1, 'b')])).toMatchObject({ deliveries: 80 });
  expect(fanOut.poster.mostInFlight).toBe(7);
});

test('posts of all jobs keep the pool full until the last', async () => {
  const script = async () => {
    await fanOut.clock.sleep(20);
    return { kind: 'sent' } as const;
  };
  const fanOut = await openFanOut({}, script, 25);
  const jobs = [0, 1, 2, 3].map((part) =>
    queued(
      {
        event: channelEvent(1),
        subscribers: connectionIds(100)
          .slice(part * 25, part * 25 + 25)
          .map((connectionId) => ({ connectionId, version: 'v' })),
        attempt: 1,
      },
      `m-${part}`,
    ),
  );
  const startMs = fanOut.clock.nowMs();
  expect(await fanOut.deliver(jobs)).toMatchObject({ deliveries: 100 });
  // Four times 25 posts of 20 ms, on a clock that moves by 10 ms.
  expect(fanOut.clock.nowMs() - startMs).toBeLessThanOrEqual(90);
});

test('a job is delivered to its connections alone', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] });
  await fanOut.deliver([queued({ event: channelEvent(1), subscribers: [{ connectionId: 'c2', version: 'v' }], attempt: 1 })]);
  expect([fanOut.got('c1'), fanOut.got('c2')]).toEqual([[], ['demo-1']]);
});

test('the first part of a channel is posted, and every further part becomes a job', async () => {
  const subscribers = connectionIds(1201);
  const fanOut = await openFanOut({ demo: subscribers }, undefined, 200);
  expect(await fanOut.deliver([notified(1)])).toMatchObject({ deliveries: 500 });
  expect(fanOut.queue.jobs.map(({ job, delaySeconds }) => [ids(job.subscribers), job.attempt, delaySeconds])).toEqual([
    [subscribers.slice(500, 1000), 1, 0],
    [subscribers.slice(1000), 1, 0],
  ]);
});

test('a channel of many pages is cut into jobs that name every further connection once', async () => {
  const subscribers = connectionIds(9_999);
  const fanOut = await openFanOut({ demo: subscribers }, undefined, 200);
  await fanOut.deliver([notified(1)]);
  expect(fanOut.queue.jobs.flatMap(({ job }) => ids(job.subscribers))).toEqual(subscribers.slice(500));
  expect(fanOut.queue.jobs.filter(({ job }) => job.subscribers.length > 500)).toEqual([]);
});

/** The fan-out's store, with a step before each page is read. */
function withPages({ store }: Awaited<ReturnType<typeof openFanOut>>, beforeRead: (nth: number) => Promise<void>): typeof store {
  let reads = 0;
  return Object.assign(Object.create(store), {
    subscribers: async (...args: Parameters<typeof store.subscribers>) => {
      await beforeRead(++reads);
      return store.subscribers(...args);
    },
  });
}

test('pages for which there is no time left become one job that reads on, until all have been served', async () => {
  const subscribers = connectionIds(5201);
  const fanOut = await openFanOut({ demo: subscribers }, undefined, 200);
  const store = withPages(fanOut, () => fanOut.clock.sleep(60));
  await fanOut.deliver([notified(1)], { timeMs: 100, deps: { store } });
  expect(fanOut.queue.jobs.map(({ job }) => job.resumeAfter)).toEqual([...Array(8).fill(undefined), 'c4499']);
  for (const { job } of [...fanOut.queue.jobs]) await fanOut.deliver([queued(job)]);
  for (const { job } of fanOut.queue.jobs.slice(9)) await fanOut.deliver([queued(job)]);
  expect(subscribers.filter((id) => fanOut.got(id).length !== 1)).toEqual([]);
});

test('the jobs of a page are queued while the next page is read', async () => {
  const fanOut = await openFanOut({ demo: connectionIds(5201) }, undefined, 200);
  const steps: string[] = [];
  const store = withPages(fanOut, async (nth) => {
    steps.push(`reads ${nth}`);
    await fanOut.clock.sleep(20);
  });
  const queue = {
    enqueue: async () => {
      steps.push('queues');
      await fanOut.clock.sleep(30);
      steps.push('queued');
    },
    deadLetter: async () => undefined,
  };
  await fanOut.deliver([notified(1)], { deps: { store, queue } });
  expect(steps).toEqual(['reads 1', 'reads 2', 'queues', 'reads 3', 'queued', 'queues', 'queued']);
});

test('a record whose further pages cannot be read is given back once its jobs on the way are queued', async () => {
  const fanOut = await openFanOut({ demo: connectionIds(5201) }, undefined, 200);
  const store = withPages(fanOut, (nth) => (nth === 3 ? Promise.reject(new Error('throttled')) : Promise.resolve()));
  let queued = 0;
  const queue = {
    enqueue: async () => {
      await fanOut.clock.sleep(50);
      queued++;
    },
    deadLetter: async () => undefined,
  };
  expect(await fanOut.deliver([notified(1)], { deps: { store, queue } })).toMatchObject({ deliveries: 500, unfinished: ['m-demo-1'] });
  expect(queued).toBe(1);
});

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

test('however many connections are closed, the other rows of only so many are deleted in one invocation', async () => {
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

test('a connection that takes nothing within the budget is put back alone, with a delay', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] }, (id) => ({ kind: id === 'c1' ? 'throttled' : 'sent' }));
  expect(await fanOut.deliver([notified(1)])).toMatchObject({ deliveries: 1, throttledPosts: 3, undeliverable: 0, unfinished: [] });
  expect(fanOut.queue.jobs).toEqual([
    { job: { event: channelEvent(1), subscribers: [expect.objectContaining({ connectionId: 'c1' })], attempt: 2 }, delaySeconds: 2 },
  ]);
});

test('the delay doubles with each attempt', async () => {
  const fanOut = await openFanOut({}, () => ({ kind: 'throttled' }));
  const subscribers = [{ connectionId: 'c1', version: 'v' }];
  for (const attempt of [1, 2, 3, 4]) await fanOut.deliver([queued({ event: channelEvent(1), subscribers, attempt })]);
  expect(fanOut.queue.jobs.map(({ delaySeconds }) => delaySeconds)).toEqual([2, 3, 6, 12]);
});

test('after the last attempt the event is set aside for those connections, and counted', async () => {
  const fanOut = await openFanOut({}, () => ({ kind: 'unavailable', reason: '503' }));
  const job = { event: channelEvent(1), subscribers: [{ connectionId: 'c1', version: 'v' }], attempt: 5 };
  expect(await fanOut.deliver([queued(job)])).toMatchObject({ undeliverable: 1, unfinished: [] });
  expect([fanOut.queue.jobs, fanOut.queue.deadLetters]).toEqual([[], [job]]);
});

test('a refused post is set aside at once, logged and counted', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] }, (id) => (id === 'c1' ? { kind: 'refused', reason: '413' } : { kind: 'sent' }));
  expect(await fanOut.deliver([notified(1)])).toMatchObject({ deliveries: 1, undeliverable: 1 });
  expect(fanOut.queue.deadLetters).toEqual([
    { event: channelEvent(1), subscribers: [expect.objectContaining({ connectionId: 'c1' })], attempt: 1 },
  ]);
  expect(fanOut.lines).toContainEqual(
    expect.objectContaining({ level: 'WARN', channel: 'demo', seq: 1, undeliverable: 1, reasons: ['413'] }),
  );
});

test('no log line holds the data of an event', async () => {
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

test('a connection that is stuck does not hold up the others', async () => {
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

test('a connection that is stuck is not tried with the later events of the batch', async () => {
  const fanOut = await openFanOut({ demo: ['c1'] }, () => ({ kind: 'throttled' }));
  await fanOut.deliver([notified(1), notified(2)]);
  expect(fanOut.poster.posts).toHaveLength(3);
  expect(fanOut.queue.jobs.map(({ job }) => [job.event.seq, job.attempt])).toEqual([
    [1, 2],
    [2, 2],
  ]);
});

test('posts in flight at the deadline are given up and put back', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] }, (id, _, signal) => (id === 'c1' ? hanging(signal) : { kind: 'sent' }));
  expect(await fanOut.deliver([notified(1)], { timeMs: 1000 })).toMatchObject({ deliveries: 1, unfinished: [] });
  expect(fanOut.queue.jobs.map(({ job }) => [ids(job.subscribers), job.attempt])).toEqual([[['c1'], 2]]);
});

test('connections for which there was no time are put back at once, without counting as tried', async () => {
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
])('a message that is %s is given back alone, with a line that says why', async (_, body) => {
  const fanOut = await openFanOut({ demo: ['c1'] });
  expect(await fanOut.deliver([{ messageId: 'bad', body }, notified(2)])).toMatchObject({ deliveries: 1, unfinished: ['bad'] });
  expect(fanOut.lines).toEqual([
    expect.objectContaining({ level: 'ERROR', message: 'malformed message', messageId: 'bad', reason: expect.any(String) }),
  ]);
});

test('a channel whose subscribers cannot be read fails its records alone', async () => {
  const fanOut = await openFanOut({ a: ['c1'], b: ['c2'] });
  const store = Object.assign(Object.create(fanOut.store), {
    forget: fanOut.store.forget.bind(fanOut.store),
    subscribers: async (channel: string, limit: number) => {
      if (channel === 'a') throw new Error('throttled');
      return fanOut.store.subscribers(channel, limit);
    },
  });
  const report = await fanOut.deliver([notified(1, 'a'), notified(1, 'b')], { deps: { store } });
  expect(report).toMatchObject({ deliveries: 1, unfinished: ['m-a-1'] });
});

test('a record is given back when what is left of it cannot be handed over', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] }, (id) => ({ kind: id === 'c1' ? 'throttled' : 'sent' }));
  const queue = {
    enqueue: async () => {
      throw new Error('SQS is down');
    },
    deadLetter: async () => undefined,
  };
  expect(await fanOut.deliver([notified(1)], { deps: { queue } })).toMatchObject({ deliveries: 1, unfinished: ['m-demo-1'] });
});

test('nothing keeps time once the invocation has answered', async () => {
  const fanOut = await openFanOut({ demo: ['c1'] });
  await fanOut.deliver([notified(1)]);
  expect(fanOut.clock.sleeping).toBe(0);
});

test('an event that is followed is seen when it is received and when it is delivered, by its id', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] });
  await fanOut.deliver([notified(1)]);
  const { channel, epoch } = channelEvent(1);
  const hop = (fields: object) =>
    expect.objectContaining({ channel, id: `${epoch}.1`, lane: 'websocket', function_request_id: 'r1', ...fields });
  expect(fanOut.lines).toEqual([hop({ hop: 'received' }), hop({ hop: 'delivered', connections: 2, stuck: 0 })]);
});

test('the latency of an event is measured once for a part, and not again for clients that do not read', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] });
  expect(await fanOut.deliver([notified(2)])).toMatchObject({ latenciesMs: [expect.any(Number)] });
});
