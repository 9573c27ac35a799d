import { expect, test } from '@jest/globals';
import { channelEvent, connectionIds, notified, openFanOut, queued } from './support/fan-out.ts';

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
        events: [channelEvent(1)],
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
  await fanOut.deliver([queued({ events: [channelEvent(1)], subscribers: [{ connectionId: 'c2', version: 'v' }], attempt: 1 })]);
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

test('pages for which there is no time left become one job that continues reading, until all were served', async () => {
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

test('a record whose further pages cannot be read is done once its jobs on the way are queued, and one that reads on', async () => {
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
  expect(await fanOut.deliver([notified(1)], { deps: { store, queue } })).toMatchObject({ deliveries: 500, unfinished: [] });
  expect(queued).toBe(2);
});

test('no timer is left once the invocation has responded', async () => {
  const fanOut = await openFanOut({ demo: ['c1'] });
  await fanOut.deliver([notified(1)]);
  expect(fanOut.clock.sleeping).toBe(0);
});

test('a traced event is logged by its id when it is received and when it is delivered', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] });
  await fanOut.deliver([notified(1)]);
  const { channel, epoch } = channelEvent(1);
  const hop = (fields: object) =>
    expect.objectContaining({ channel, id: `${epoch}.1`, lane: 'websocket', function_request_id: 'r1', ...fields });
  expect(fanOut.lines).toEqual([hop({ hop: 'received' }), hop({ hop: 'delivered', connections: 2, stuck: 0 })]);
});

test('the latency of an event is measured once per part, and not again for clients that do not read', async () => {
  const fanOut = await openFanOut({ demo: ['c1', 'c2'] });
  expect(await fanOut.deliver([notified(2)])).toMatchObject({ latenciesMs: [expect.any(Number)] });
});
