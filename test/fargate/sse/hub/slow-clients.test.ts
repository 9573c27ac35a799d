import { afterEach, describe, expect, test } from '@jest/globals';
import { HubWorld } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

let world: HubWorld;

afterEach(() => world.hub.close());

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
