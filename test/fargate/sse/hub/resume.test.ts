import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { FakeSink } from '../support/fake-sink.ts';
import { GRACE_MS, HubWorld, idOf, RETENTION_MS } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

let world: HubWorld;

afterEach(() => world.hub.close());

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
