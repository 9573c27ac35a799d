import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { PollOutcome } from '../../../../fargate/sse/hub/requests.ts';
import { formatCursor, parseCursor } from '../../../../packages/protocol/cursor.ts';
import { GRACE_MS, HubWorld, idOf, RETENTION_MS } from '../support/hub-world.ts';
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

test('of a channel that was never used the cursor lies before every epoch, and nothing is written', async () => {
  expect(await poll(['demo'])).toEqual({ data: [], cursor: '0.0', resets: [] });
  expect(await poll(['a', 'b'])).toEqual({ data: [], cursor: 'a=0.0,b=0.0', resets: [] });
  expect((await world.log.heads(['demo', 'a', 'b'])).size).toBe(0);
});

test.each(['a task that has followed it', 'another task'])('from before the first epoch on it answers everything, on %s', async (task) => {
  if (task === 'a task that has followed it') await world.open(['demo']);
  await world.publish('demo', 'one');
  const second = await world.publish('demo', 'two');
  expect(await poll(['demo'], '0.0')).toEqual({ data: ['one', 'two'], cursor: idOf(second), resets: [] });
});

test('a cursor from before the first epoch is told so when the first events have expired', async () => {
  await world.store('demo', 'expired');
  await world.clock.advance(RETENTION_MS);
  const event = await world.store('demo', 'there');
  await world.clock.advance(GRACE_MS + 1);
  expect(await poll(['demo'], '0.0')).toEqual({ data: [], cursor: idOf(event), resets: [{ channel: 'demo', reason: 'expired' }] });
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
  const gap = await world.log.allocate('demo');
  await world.log.tombstone('demo', gap, world.clock.nowMs());
  const third = await world.log.allocate('demo');
  await world.log.tombstone('demo', third, world.clock.nowMs());
  world.hub.start();
  await world.clock.advance(30_000);
  // Heartbeats, idle feeds and heads: nobody waits for a gap any more.
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
    const event = await world.publish('demo', 'new');
    expect(await waiting).toEqual({ data: ['new'], cursor: idOf(event), resets: [{ channel: 'demo', reason: 'epoch_changed' }] });
  });

  test('of several channels the one whose log was lost misses none of its first events', async () => {
    const a = await world.store('a', 'old');
    const waiting = poll(['a', 'b'], `a=${idOf(a)},b=0.0`, 20_000);
    await until(() => world.clock.sleeping === 1);
    await idle();
    world.log.wipe();
    await world.store('a', 'new 1');
    const last = await world.publish('a', 'new 2');
    const page = await waiting;
    const rest = await poll(['a', 'b'], page.cursor);
    expect(page.resets).toEqual([{ channel: 'a', reason: 'epoch_changed' }]);
    expect([...page.data, ...rest.data]).toEqual(['new 1', 'new 2']);
    expect(rest.cursor).toBe(`a=${idOf(last)},b=0.0`);
  });

  test('in a channel that was never used, it gets the first event without a reset', async () => {
    const waiting = poll(['demo'], '0.0', 20_000);
    await until(() => world.clock.sleeping === 1);
    await idle();
    const event = await world.publish('demo', 'first');
    expect(await waiting).toEqual({ data: ['first'], cursor: idOf(event), resets: [] });
  });

  test('in a channel that was never used, it gets the first events though their notifications were lost', async () => {
    world.hub.start();
    const waiting = poll(['demo'], '0.0', 40_000);
    await until(() => world.clock.sleeping === 3);
    await idle();
    await world.store('demo', 'one');
    const second = await world.store('demo', 'two');
    await world.clock.advance(30_000);
    expect(await waiting).toEqual({ data: ['one', 'two'], cursor: idOf(second), resets: [] });
  });
});

test('many users who wait for one small event are all answered: each holds what its page takes', async () => {
  await world.open(['demo']);
  const users = Array.from({ length: 900 }, (_, index) => `user ${index}`);
  const waiting = users.map((principal) => world.hub.poll({ channels: ['demo'], cursor: undefined, principal }, 20_000, stays));
  await idle();
  await world.publish('demo', 'x');
  const outcomes = await Promise.all(waiting);

  expect(outcomes.filter((outcome) => outcome.kind !== 'page' || outcome.revoked.aborted)).toEqual([]);
});
