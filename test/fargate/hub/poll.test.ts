import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { formatCursor, parseCursor } from '../../../backbone/domain/cursor.ts';
import type { PollOutcome } from '../../../fargate/hub/hub.ts';
import { HubWorld, idOf } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

let world: HubWorld;
const stays = new AbortController().signal;

beforeEach(() => {
  world = new HubWorld();
});

afterEach(() => world.hub.close());

async function poll(channels: readonly string[], after?: string, waitMs = 0, signal = stays) {
  const cursor = after === undefined ? undefined : parseCursor(after, channels);
  return pageOf(channels, await world.hub.poll({ channels, cursor }, waitMs, signal));
}

function pageOf(channels: readonly string[], outcome: PollOutcome) {
  if (outcome.kind !== 'page') throw new Error(outcome.kind);
  outcome.release();
  const { events, cursor, resets } = outcome.page;
  return { data: events.map(({ data }) => data), cursor: formatCursor(channels, cursor), resets };
}

test('without a cursor a poll answers the baseline', async () => {
  const event = await world.store('demo', 'before');
  expect(await poll(['demo'])).toEqual({ data: [], cursor: idOf(event), resets: [] });
});

test('with a cursor it answers what came after, and the cursor to go on with', async () => {
  const first = await world.store('demo', 'one');
  await world.store('demo', 'two');
  const third = await world.store('demo', 'three');
  expect(await poll(['demo'], idOf(first))).toEqual({ data: ['two', 'three'], cursor: idOf(third), resets: [] });
});

test('a page is bounded, and its cursor goes on where it ended', async () => {
  await world.open(['demo']);
  const first = await world.publish('demo', '0');
  for (let index = 1; index <= 700; index++) await world.publish('demo', String(index));
  const one = await poll(['demo'], idOf(first));
  const two = await poll(['demo'], one.cursor);
  expect([one.data.length, two.data.length]).toEqual([500, 200]);
  expect([...one.data, ...two.data].map(Number)).toEqual(Array.from({ length: 700 }, (_, index) => index + 1));
});

test('a page from the log is bounded too', async () => {
  const first = await world.store('demo', '0');
  for (let index = 1; index <= 550; index++) await world.store('demo', String(index));
  const one = await poll(['demo'], idOf(first));
  const two = await poll(['demo'], one.cursor);
  expect([one.data.length, two.data.length]).toEqual([500, 50]);
});

test('a page of large events is bounded by its bytes', async () => {
  const first = await world.store('demo', '0');
  for (let index = 0; index < 20; index++) await world.store('demo', 'x'.repeat(90_000));
  const { data } = await poll(['demo'], idOf(first));
  expect(data.length).toBe(12);
});

test('several channels are in one page with a composite cursor', async () => {
  const a = await world.store('a', 'a1');
  const b = await world.store('b', 'b1');
  const page = await poll(['a', 'b'], `a=${a.epoch}.0,b=${b.epoch}.0`);
  expect(page).toEqual({ data: ['a1', 'b1'], cursor: `a=${idOf(a)},b=${idOf(b)}`, resets: [] });
});

test('what cannot be resumed is told, with the cursor to go on with', async () => {
  const event = await world.store('demo', 'one');
  const page = await poll(['demo'], 'old.3', 25_000);
  expect(page).toEqual({ data: [], cursor: idOf(event), resets: [{ channel: 'demo', reason: 'epoch_changed' }] });
});

test('a cursor behind tombstones moves on, so that they are not read again', async () => {
  await world.open(['demo']);
  const first = await world.publish('demo', 'one');
  const hole = await world.log.allocate('demo');
  await world.log.bury('demo', hole, world.clock.nowMs());
  const third = await world.log.allocate('demo');
  await world.log.bury('demo', third, world.clock.nowMs());
  world.hub.start();
  await world.clock.advance(30_000);
  // Heartbeats, idle feeds and heads: nobody waits for a hole any more.
  await until(() => world.clock.sleeping === 3);
  expect((await poll(['demo'], idOf(first))).cursor).toBe(`${first.epoch}.3`);
});

describe('waiting', () => {
  test('a poll that has nothing waits for the next event', async () => {
    const waiting = poll(['demo'], undefined, 20_000);
    await until(() => world.clock.sleeping === 1);
    await idle();
    await world.publish('demo', 'hello');
    expect((await waiting).data).toEqual(['hello']);
  });

  test('a poll over several channels is woken by any of them', async () => {
    const waiting = poll(['a', 'b'], undefined, 20_000);
    await until(() => world.clock.sleeping === 1);
    await idle();
    await world.publish('b', 'hello');
    expect((await waiting).data).toEqual(['hello']);
  });

  test('a poll that waited in vain answers its cursor', async () => {
    const event = await world.store('demo', 'one');
    const waiting = poll(['demo'], idOf(event), 20_000);
    await until(() => world.clock.sleeping === 1);
    await world.clock.advance(20_000);
    expect(await waiting).toEqual({ data: [], cursor: idOf(event), resets: [] });
  });

  test('a poll that has something does not wait', async () => {
    const first = await world.store('demo', 'one');
    await world.store('demo', 'two');
    expect((await poll(['demo'], idOf(first), 20_000)).data).toEqual(['two']);
    expect(world.clock.sleeping).toBe(0);
  });

  test('a waiting poll counts as an open stream', async () => {
    const waiting = poll(['demo'], undefined, 20_000);
    expect(world.hub.openStreams).toBe(1);
    await until(() => world.clock.sleeping === 1);
    await world.clock.advance(20_000);
    await waiting;
    expect(world.hub.openStreams).toBe(0);
  });

  test('a poll whose client has left ends at once', async () => {
    const left = new AbortController();
    const waiting = poll(['demo'], undefined, 20_000, left.signal);
    await until(() => world.clock.sleeping === 1);
    await idle();
    left.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    expect(world.hub.openStreams).toBe(0);
    expect(world.clock.sleeping).toBe(0);
  });

  test('a waiting poll is answered when the task drains', async () => {
    const event = await world.store('demo', 'one');
    const waiting = poll(['demo'], undefined, 20_000);
    await until(() => world.clock.sleeping === 1);
    await idle();
    void world.hub.drain(1_000);
    expect((await waiting).cursor).toBe(idOf(event));
  });

  test('a reset of the channel ends the waiting', async () => {
    await world.store('demo', 'old');
    const waiting = poll(['demo'], undefined, 20_000);
    await until(() => world.clock.sleeping === 1);
    await idle();
    world.log.wipe();
    await world.publish('demo', 'new');
    expect((await waiting).resets).toEqual([{ channel: 'demo', reason: 'epoch_changed' }]);
  });
});
