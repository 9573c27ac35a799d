import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { FakeSink } from '../support/fake-sink.ts';
import { GRACE_MS, HubWorld, idOf } from '../support/hub-world.ts';
import { until } from '../support/until.ts';

let world: HubWorld;

afterEach(() => world.hub.close());

describe('opening', () => {
  test('a stream opens with a reconnection time and the id of the baseline', async () => {
    world = new HubWorld({ random: () => 0.5 });
    const event = await world.store('demo', 'before');
    const { sink } = await world.open(['demo']);
    expect(sink.text).toBe(`retry: 3000\nid: ${idOf(event)}\n\n`);
  });

  test('every stream has a reconnection time of its own, within the limits', async () => {
    world = new HubWorld();
    const opened = await Promise.all(Array.from({ length: 50 }, () => world.open(['demo'])));
    const retries = opened.map(({ sink }) => Number(/^retry: (\d+)\n/.exec(sink.text)?.[1]));
    expect(Math.min(...retries)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...retries)).toBeLessThanOrEqual(5_000);
    expect(new Set(retries).size).toBeGreaterThan(10);
  });

  test('a stream over several channels has the positions of all of them in every id', async () => {
    world = new HubWorld();
    const { sink } = await world.open(['a', 'b']);
    const a = await world.publish('a', 'one');
    await until(() => sink.events.length === 1);
    const b = await world.publish('b', 'two');
    await until(() => sink.events.length === 2);
    expect(sink.text).toContain('id: a=0.0,b=0.0\n\n');
    expect(sink.events.map(({ id }) => id)).toEqual([`a=${idOf(a)},b=0.0`, `a=${idOf(a)},b=${idOf(b)}`]);
  });

  test('a client that resumes gets no frame without an event, only lines that the first event ends', async () => {
    world = new HubWorld({ random: () => 0.5 });
    world.hub.start();
    const first = await world.store('demo', 'one');
    const { sink } = await world.open(['demo'], idOf(first));
    await world.clock.advance(60_000);
    expect(sink.text).toMatch(new RegExp(`^retry: 3000\\nid: ${idOf(first)}\\n(:\\n)+$`));
    const second = await world.publish('demo', 'two');
    await until(() => sink.events.length === 1);
    expect(sink.text.split('\n\n')).toEqual([expect.stringContaining('\ndata: two'), '']);
    expect(sink.events).toEqual([{ id: idOf(second), event: undefined, data: 'two' }]);
  });

  test('the end of a token that comes before the first event has the id that the client came with', async () => {
    world = new HubWorld();
    const { epoch, seq } = await world.store('demo', 'one');
    const sink = new FakeSink();
    const expiresAtMs = world.clock.nowMs() + 60_000;
    world.hub.attach({ channels: ['demo'], cursor: new Map([['demo', { epoch, seq }]]), expiresAtMs }, sink);
    await until(() => sink.writes.length > 0);
    await world.clock.advance(60_000);
    expect(sink.events).toEqual([{ id: `${epoch}.${seq}`, event: 'expired', data: '{"code":"token_expired"}' }]);
  });

  test('a client that resumes in some of its channels gets its place in the others at once', async () => {
    world = new HubWorld();
    const a = await world.store('a', 'one');
    const b = await world.store('b', 'two');
    const { sink } = await world.open(['a', 'b'], `a=${idOf(a)}`);
    expect(sink.text).toMatch(new RegExp(`^retry: \\d+\\nid: a=${idOf(a)},b=${idOf(b)}\\n\\n$`));
  });

  test('a stream whose log does not answer is not opened, and the next one is', async () => {
    world = new HubWorld();
    jest.spyOn(world.log, 'head').mockRejectedValueOnce(new Error('no log'));
    const { stream, sink } = world.attach(['demo']);
    await expect(stream.opened).rejects.toThrow('no log');
    expect(sink.writes).toEqual([]);
    expect(world.hub.openStreams).toBe(0);
    await world.open(['demo']);
  });

  test('a full task refuses streams and polls until somebody leaves', async () => {
    world = new HubWorld({ maxStreams: 1 });
    const { stream } = await world.open(['demo']);
    const newcomer = { channels: ['demo'], cursor: undefined };
    expect(world.hub.attach(newcomer, new FakeSink())).toEqual({ kind: 'full' });
    expect(await world.hub.poll(newcomer, 0, new AbortController().signal)).toEqual({ kind: 'full' });
    stream.detach();
    expect(world.hub.attach(newcomer, new FakeSink()).kind).toBe('attached');
  });
});

describe('live', () => {
  test('events that come together are one write', async () => {
    world = new HubWorld();
    const { sink } = await world.open(['demo']);
    const events = [await world.store('demo', 'a'), await world.store('demo', 'b'), await world.store('demo', 'c')];
    const before = sink.writes.length;
    for (const event of events) world.hub.offer(event);
    await until(() => sink.events.length === 3);
    expect(sink.writes.length - before).toBe(1);
  });

  test('streams at one place of a channel share the bytes', async () => {
    world = new HubWorld();
    const [one, two] = [await world.open(['demo']), await world.open(['demo'])];
    await world.publish('demo', 'shared');
    await until(() => one.sink.events.length === 1 && two.sink.events.length === 1);
    expect(one.sink.writes.at(-1)).toBe(two.sink.writes.at(-1));
  });

  test('every stream of many is served, and the event loop gets its turns meanwhile', async () => {
    world = new HubWorld({ maxStreams: 2_000 });
    const opened = await Promise.all(Array.from({ length: 2_000 }, () => world.open(['demo'])));
    const servedAtTurn = new Set<number>();
    let turn = 0;
    for (const { sink } of opened) {
      const write = sink.write.bind(sink);
      sink.write = (bytes) => {
        servedAtTurn.add(turn);
        write(bytes);
      };
    }
    await world.publish('demo', 'hello');
    await until(() => {
      turn++;
      return opened.every(({ sink }) => sink.data.includes('hello'));
    });
    expect(servedAtTurn.size).toBeGreaterThan(4);
  });

  test('an event for a channel that nobody follows costs nothing', async () => {
    world = new HubWorld();
    const event = await world.store('other', 'x');
    const heads = jest.spyOn(world.log, 'head');
    expect(world.hub.offer(event)).toBeUndefined();
    expect(heads).not.toHaveBeenCalled();
  });

  test('a lost last event comes with the comparison of heads', async () => {
    world = new HubWorld({ headCheckIntervalMs: 30_000 });
    world.hub.start();
    const { sink } = await world.open(['demo']);
    await world.store('demo', 'lost');
    await world.clock.advance(30_000);
    await until(() => sink.events.length === 1);
    expect(sink.data).toEqual(['lost']);
  });

  test('a burst that is more than the ring holds makes who offers it wait, and reaches every healthy stream', async () => {
    world = new HubWorld({ maxStreams: 2_000 });
    const opened = await Promise.all(Array.from({ length: 300 }, () => world.open(['demo'])));
    const data = 'x'.repeat(90_000);
    let waited = 0;
    for (let index = 0; index < 100; index++) {
      const pace = world.hub.offer(await world.store('demo', `${index} ${data}`));
      if (pace !== undefined) waited++;
      await pace;
    }
    await until(() => opened.every(({ sink }) => sink.writes.at(-1)?.includes('data: 99 ')));
    expect(waited).toBeGreaterThan(0);
    expect(world.hub.takeCounts().slowStreamsClosed).toBe(0);
    expect(opened[299]?.sink.data.length).toBe(100);
  });
});

describe('feeds', () => {
  test('a feed without readers goes after a while, and a later client is served from the log', async () => {
    world = new HubWorld();
    world.hub.start();
    const { stream } = await world.open(['demo']);
    const seen = await world.publish('demo', 'one');
    stream.detach();
    await world.clock.advance(120_000);
    await world.publish('demo', 'two');
    const { sink } = await world.open(['demo'], idOf(seen));
    await until(() => sink.events.length === 1);
    expect(sink.data).toEqual(['two']);
  });
});

describe('drain', () => {
  test('streams are closed evenly over the time, and newcomers are refused', async () => {
    world = new HubWorld();
    const opened = await Promise.all(Array.from({ length: 10 }, () => world.open(['demo'])));
    const drained = world.hub.drain(10_000);
    expect(world.hub.attach({ channels: ['demo'], cursor: undefined }, new FakeSink())).toEqual({ kind: 'draining' });
    const closed: number[] = [];
    for (let second = 0; second < 10; second++) {
      await world.clock.advance(1_000);
      closed.push(opened.filter(({ sink }) => sink.closedFor === 'drain').length);
    }
    await drained;
    expect(closed).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('events still arrive while the task drains', async () => {
    world = new HubWorld();
    const opened = await Promise.all([world.open(['demo']), world.open(['demo'])]);
    void world.hub.drain(10_000);
    await world.clock.advance(5_000);
    await world.publish('demo', 'last');
    await until(() => opened.some(({ sink }) => sink.data.includes('last')));
    expect(opened.map(({ sink }) => sink.closedFor).toSorted()).toEqual(['drain', undefined]);
  });
});

describe('gaps', () => {
  test('a tombstoned gap is counted, and no stream sees it', async () => {
    world = new HubWorld();
    const { sink } = await world.open(['demo']);
    await world.log.allocate('demo');
    await world.publish('demo', 'next');
    await until(() => world.clock.sleeping > 0);
    await world.clock.advance(GRACE_MS);
    await until(() => sink.events.length === 1);
    expect(sink.data).toEqual(['next']);
    expect(world.hub.takeCounts()).toMatchObject({ gapsTombstoned: 1, deliveries: 1 });
  });
});
