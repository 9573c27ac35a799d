import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { FakeSink } from '../support/fake-sink.ts';
import { GRACE_MS, HubWorld, idOf, RETENTION_MS } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

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

describe('resume', () => {
  test('a stream that was away for a moment is served from the ring, without the log', async () => {
    world = new HubWorld();
    const { stream } = await world.open(['demo']);
    const first = await world.publish('demo', 'one');
    stream.detach();
    await world.publish('demo', 'two');
    const spies = [jest.spyOn(world.log, 'head'), jest.spyOn(world.log, 'read'), jest.spyOn(world.log, 'readBack')];
    const { sink } = await world.open(['demo'], idOf(first));
    await until(() => sink.events.length === 1);
    expect(sink.data).toEqual(['two']);
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });

  test('a stream that was away for long is replayed from the log, then live, without gap or repeat', async () => {
    world = new HubWorld();
    const first = await world.store('demo', '0');
    for (let index = 1; index <= 250; index++) await world.store('demo', String(index));
    const { sink } = await world.open(['demo'], idOf(first));
    await world.publish('demo', 'live');
    await until(() => sink.data.at(-1) === 'live');
    expect(sink.data).toEqual([...Array.from({ length: 250 }, (_, index) => String(index + 1)), 'live']);
    expect(sink.events.map(({ id }) => Number(id?.split('.')[1]))).toEqual(Array.from({ length: 251 }, (_, index) => index + 2));
  });

  test('a gap at the end of the log that nobody has tombstoned yet does not hold a replay up', async () => {
    world = new HubWorld();
    const first = await world.store('demo', 'one');
    await world.log.allocate('demo');
    await world.clock.advance(2 * GRACE_MS);
    const { sink } = await world.open(['demo'], idOf(first));
    await world.publish('demo', 'three');
    await until(() => sink.events.length === 1);
    expect(sink.events[0]?.id).toBe(`${first.epoch}.3`);
  });

  test('a log in which no seq was ever written does not hold a replay up', async () => {
    world = new HubWorld();
    const { epoch } = await world.log.allocate('demo');
    await world.clock.advance(2 * GRACE_MS);
    const { sink } = await world.open(['demo'], `${epoch}.0`);
    await world.publish('demo', 'two');
    await until(() => sink.events.length === 1);
    expect(sink.events[0]?.id).toBe(`${epoch}.2`);
  });

  test('a replay goes only as fast as its client takes it', async () => {
    world = new HubWorld();
    const first = await world.store('demo', '0');
    for (let index = 1; index <= 20; index++) await world.store('demo', `${index} ${'x'.repeat(30_000)}`);
    const sink = new FakeSink();
    sink.block();
    const { stream } = await world.open(['demo'], idOf(first), sink);
    await idle();
    expect(sink.writes).toHaveLength(1);
    for (let taken = 0; taken < 100 && sink.events.length < 20; taken++) {
      sink.takeOne(stream);
      await idle();
      // Never more than one piece of about 64 KiB, and the event that filled it.
      expect(sink.bufferedBytes).toBeLessThan(100_000);
    }
    expect(sink.data.map((data) => Number(data.split(' ')[0]))).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  });

  test('a stream over several channels goes on with all of them where it stopped', async () => {
    world = new HubWorld();
    const a = await world.store('a', 'a1');
    const b = await world.store('b', 'b1');
    await world.store('a', 'a2');
    await world.store('b', 'b2');
    const { sink } = await world.open(['a', 'b'], `a=${idOf(a)},b=${idOf(b)}`);
    await until(() => sink.events.length === 2);
    expect(sink.data.toSorted()).toEqual(['a2', 'b2']);
    expect(sink.events.at(-1)?.id).toBe(`a=${a.epoch}.2,b=${b.epoch}.2`);
  });

  test('a channel that the cursor does not name starts at its baseline', async () => {
    world = new HubWorld();
    const a = await world.store('a', 'a1');
    await world.store('b', 'b1');
    const { sink } = await world.open(['a', 'b'], `a=${idOf(a)}`);
    await world.publish('b', 'b2');
    await until(() => sink.events.length === 1);
    expect(sink.data).toEqual(['b2']);
  });

  test('a client that was further on another task gets nothing again, and what follows', async () => {
    world = new HubWorld();
    await world.open(['demo']);
    await world.store('demo', 'one');
    const seen = await world.store('demo', 'two');
    const { sink } = await world.open(['demo'], idOf(seen));
    await world.publish('demo', 'three');
    await until(() => sink.events.length > 0);
    expect(sink.data).toEqual(['three']);
  });

  test('a cursor of another epoch is a reset with the new position, then live', async () => {
    world = new HubWorld();
    const event = await world.store('demo', 'one');
    const { sink } = await world.open(['demo'], 'old.7');
    await world.publish('demo', 'two');
    await until(() => sink.events.length === 2);
    expect(sink.events[0]).toEqual({ id: idOf(event), event: 'reset', data: '{"channel":"demo","reason":"epoch_changed"}' });
    expect(sink.data[1]).toBe('two');
  });

  test('until the reset is there, the id is the one that the client came with', async () => {
    world = new HubWorld();
    const { sink } = await world.open(['demo'], 'old.7');
    expect(sink.text).toMatch(/^retry: \d+\nid: old\.7\n/);
  });

  test('a cursor beyond the newest event is a reset', async () => {
    world = new HubWorld();
    const { epoch } = await world.store('demo', 'one');
    const { sink } = await world.open(['demo'], `${epoch}.99`);
    await until(() => sink.events.length === 1);
    expect(sink.data).toEqual(['{"channel":"demo","reason":"ahead"}']);
  });

  test('a cursor older than retention is a reset', async () => {
    world = new HubWorld();
    const old = await world.store('demo', 'old');
    for (let index = 0; index < 3; index++) await world.store('demo', 'older');
    await world.clock.advance(RETENTION_MS + 60_000);
    await world.store('demo', 'new');
    await world.clock.advance(2 * GRACE_MS);
    const { sink } = await world.open(['demo'], idOf(old));
    await until(() => sink.events.length === 1);
    expect(sink.data).toEqual(['{"channel":"demo","reason":"expired"}']);
  });

  test('events that expire while a client is slow are announced by a reset', async () => {
    world = new HubWorld();
    const first = await world.store('demo', '0');
    // More than a ring reaches back.
    for (let index = 1; index <= 700; index++) await world.store('demo', `${index}`);
    const sink = new FakeSink();
    sink.block();
    const { stream } = await world.open(['demo'], idOf(first), sink);
    await idle();
    sink.takeOne(stream);
    await until(() => sink.data.includes('25'));
    // Of what the client lacks now, all but the newest event expire before it takes the page.
    await world.clock.advance(RETENTION_MS / 2);
    await world.store('demo', 'new');
    await world.clock.advance(RETENTION_MS / 2 + 60_000);
    sink.unblock(stream);
    await until(() => sink.data.length > 25);
    expect(sink.events[25]?.event).toBe('reset');
    expect(sink.data[25]).toBe('{"channel":"demo","reason":"expired"}');
  });

  test('a wiped log is a reset for every stream, then the new events', async () => {
    world = new HubWorld();
    const { sink } = await world.open(['demo']);
    await world.publish('demo', 'old');
    await until(() => sink.events.length === 1);
    world.log.wipe();
    const { epoch } = await world.publish('demo', 'new');
    await until(() => sink.events.length === 3);
    expect(sink.events[1]).toEqual({ id: `${epoch}.0`, event: 'reset', data: '{"channel":"demo","reason":"epoch_changed"}' });
    expect(sink.data[2]).toBe('new');
  });

  test('a client that learned of the new epoch on another task goes on in it', async () => {
    world = new HubWorld();
    await world.open(['demo']);
    await world.publish('demo', 'old');
    world.log.wipe();
    const seen = await world.store('demo', 'new 1');
    await world.store('demo', 'new 2');
    const { sink } = await world.open(['demo'], idOf(seen));
    await until(() => sink.events.length === 1);
    expect(sink.data).toEqual(['new 2']);
  });

  test('a replay that fails ends the stream, so that its client tries again', async () => {
    world = new HubWorld();
    const first = await world.store('demo', 'one');
    await world.store('demo', 'two');
    await world.clock.advance(2 * GRACE_MS);
    const { sink } = await world.open(['demo']);
    jest.spyOn(world.log, 'readBack').mockRejectedValueOnce(new Error('throttled'));
    const failing = await world.open(['demo'], `${first.epoch}.0`);
    await until(() => failing.sink.closedFor === 'failed');
    expect(sink.closedFor).toBeUndefined();
  });
});

describe('slow clients', () => {
  test('nothing is written to a client that has not taken what it got, and then all at once', async () => {
    world = new HubWorld();
    const { sink, stream } = await world.open(['demo']);
    sink.block();
    for (const data of ['a', 'b', 'c', 'd']) {
      await world.publish('demo', data);
      await idle();
    }
    expect(sink.data).toEqual(['a']);
    const before = sink.writes.length;
    sink.unblock(stream);
    expect(sink.data).toEqual(['a', 'b', 'c', 'd']);
    expect(sink.writes.length - before).toBe(1);
  });

  test('a client whose unsent bytes pass the limit is closed and counted, and the others notice nothing', async () => {
    world = new HubWorld({ maxUnsentBytes: 10_000 });
    const slow = await world.open(['demo']);
    const other = await world.open(['demo']);
    slow.sink.block();
    for (let index = 0; index < 12; index++) {
      await world.publish('demo', 'x'.repeat(1_000));
      await idle();
    }
    expect(slow.sink.closedFor).toBe('slow');
    expect(other.sink.closedFor).toBeUndefined();
    expect(other.sink.events).toHaveLength(12);
    expect(world.hub.takeCounts().slowStreamsClosed).toBe(1);
    expect(world.hub.openStreams).toBe(1);
  });

  test('a client that was closed as slow resumes at its cursor and has lost nothing', async () => {
    world = new HubWorld({ maxUnsentBytes: 10_000 });
    const { sink } = await world.open(['demo']);
    sink.block();
    for (let index = 0; index < 12; index++) {
      await world.publish('demo', `${index} ${'x'.repeat(1_000)}`);
      await idle();
    }
    const again = await world.open(['demo'], sink.events.at(-1)?.id);
    await until(() => sink.events.length + again.sink.events.length === 12);
    expect([...sink.data, ...again.sink.data].map((data) => Number.parseInt(data, 10))).toEqual(
      Array.from({ length: 12 }, (_, index) => index),
    );
  });

  test('a client that takes nothing for too long is closed, even on a quiet channel', async () => {
    world = new HubWorld();
    world.hub.start();
    const { sink } = await world.open(['demo']);
    sink.block();
    await world.publish('demo', 'stuck');
    await until(() => sink.bufferedBytes > 0);
    await world.clock.advance(60_000);
    expect(sink.closedFor).toBe('slow');
  });
});

describe('heartbeats', () => {
  test('heartbeats end no frame: some clients would make an empty message of it', async () => {
    world = new HubWorld({ heartbeatIntervalMs: 15_000 });
    world.hub.start();
    const { sink } = await world.open(['demo']);
    const opening = sink.text;
    await world.clock.advance(60_000);
    expect(sink.text.slice(opening.length)).toMatch(/^(:\n)+$/);
  });

  test('a stream that asked for a shorter interval has it, and the others keep theirs', async () => {
    world = new HubWorld({ heartbeatIntervalMs: 15_000 });
    const attach = (heartbeatIntervalMs?: number) => {
      const sink = new FakeSink();
      const attachment = world.hub.attach(
        { channels: ['demo'], cursor: undefined, ...(heartbeatIntervalMs && { heartbeatIntervalMs }) },
        sink,
      );
      return { sink, attachment };
    };
    const [early, usual] = [attach(2_000), attach()];
    world.hub.start();
    const late = attach(4_000);
    await until(() => late.sink.writes.length === 1);
    await world.clock.advance(120_000);
    const beats = [early, late, usual].map(({ sink }) => sink.writes.length - 1);
    // Twice in each interval; the first tick finds the opening written.
    expect(beats).toEqual([119, 59, 15]);
    if (early.attachment.kind === 'attached') early.attachment.stream.detach();
    const before = early.sink.writes.length;
    await world.clock.advance(60_000);
    expect(early.sink.writes).toHaveLength(before);
  });

  test('a quiet stream is never silent for longer than the interval', async () => {
    world = new HubWorld({ heartbeatIntervalMs: 15_000 });
    world.hub.start();
    const { sink } = await world.open(['demo']);
    let lastMs = world.clock.nowMs();
    let longestMs = 0;
    let seen = sink.writes.length;
    for (let second = 0; second < 120; second++) {
      await world.clock.advance(1_000);
      if (sink.writes.length > seen) {
        longestMs = Math.max(longestMs, world.clock.nowMs() - lastMs);
        lastMs = world.clock.nowMs();
        seen = sink.writes.length;
      }
    }
    expect(longestMs).toBeGreaterThan(0);
    expect(longestMs).toBeLessThanOrEqual(15_000);
    expect(sink.text).toMatch(/^:$/m);
    expect(sink.events).toEqual([]);
  });

  test('a stream that is written to gets no heartbeats', async () => {
    world = new HubWorld({ heartbeatIntervalMs: 15_000 });
    world.hub.start();
    const { sink } = await world.open(['demo']);
    for (let count = 0; count < 10; count++) {
      await world.publish('demo', 'busy');
      await until(() => sink.events.length === count + 1);
      await world.clock.advance(5_000);
    }
    expect(sink.text).not.toMatch(/^:$/m);
  });

  test('a client that has not taken what it got is spared', async () => {
    world = new HubWorld({ heartbeatIntervalMs: 15_000 });
    world.hub.start();
    const { sink } = await world.open(['demo']);
    sink.block();
    await world.publish('demo', 'x');
    await until(() => sink.bufferedBytes > 0);
    // The sink throws when it is written to now.
    await world.clock.advance(20_000);
    expect(sink.text).not.toMatch(/^:$/m);
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
