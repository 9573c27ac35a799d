/** What streams and channels may hold in memory, whoever opens how many of them. */
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Shares } from '../../../../fargate/sse/budget/shares.ts';
import { createTaskBudget, type TaskBudget, takeOverShare } from '../../../../fargate/sse/budget/task-budget.ts';
import type { Stream } from '../../../../fargate/sse/hub/stream.ts';
import { parseCursor } from '../../../../packages/protocol/cursor.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { GRACE_MS, HubWorld, idOf } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

const MIB = 1024 * 1024;

const never = new AbortController().signal;

let world: HubWorld;

afterEach(() => world.hub.close());

interface Client {
  readonly sink: FakeSink;
  readonly stream: Stream;
}

async function open(principal: string, channels: readonly string[], lastEventId?: string): Promise<Client> {
  const sink = new FakeSink();
  const cursor = lastEventId === undefined ? undefined : parseCursor(lastEventId, channels);
  const attachment = world.hub.attach({ channels, cursor, principal }, sink);
  if (attachment.kind !== 'attached') throw new Error(attachment.kind);
  await attachment.stream.opened;
  return { sink, stream: attachment.stream };
}

/** A client that has its opening, and takes nothing more. */
async function openStuck(principal: string, channels: readonly string[]): Promise<Client> {
  const client = await open(principal, channels);
  client.sink.block();
  return client;
}

/** What sockets hold that have not been closed: each piece of memory once, however many share it. */
function heldBytes(clients: readonly Client[]): number {
  const stuck = clients.filter(({ sink }) => sink.closedFor === undefined && sink.bufferedBytes > 0);
  return [...new Set(stuck.map(({ sink }) => sink.writes.at(-1)?.buffer))].reduce((bytes, buffer) => bytes + (buffer?.byteLength ?? 0), 0);
}

/** The budget of a small task that follows as many channels as one likes. */
const manyChannels = (mib: number): TaskBudget => ({ ...createTaskBudget(mib * MIB), channels: new Shares(10_000) });

const text = (name: string, bytes: number) => `${name} ${'x'.repeat(bytes)}`;

describe('frames that no other stream shares', () => {
  test('of many users who read nothing take no more than their part of the task, and a reader gets all of its own', async () => {
    world = new HubWorld({ budget: createTaskBudget(24 * MIB) });
    const clients: Client[] = [];
    for (let n = 0; n < 200; n++) clients.push(await openStuck(`user ${n % 20}`, ['a', 'b']));
    const reader = await open('reader', ['a', 'b']);
    for (let n = 1; n <= 60; n += 10) {
      for (let together = 0; together < 10; together++) await world.publish('a', text(`a${n + together}`, 10_000));
      await idle();
      expect(world.budget.memory.used).toBeLessThanOrEqual(world.budget.memory.total);
      // Node makes small buffers of larger pieces, the last of which is not full.
      expect(heldBytes(clients)).toBeLessThanOrEqual(world.budget.memory.total + Buffer.poolSize);
    }
    expect(reader.sink.data.map((data) => data.split(' ')[0])).toEqual(Array.from({ length: 60 }, (_, index) => `a${index + 1}`));
    for (const { stream } of clients) stream.detach();
    expect(world.budget.memory.used).toBe(0);
  });

  test('wait until there is memory for them, and come in order', async () => {
    world = new HubWorld({ budget: createTaskBudget(1 * MIB) });
    const { memory } = world.budget;
    const { sink } = await open('ann', ['a', 'b']);
    const rest = memory.reserve('ann', memory.shareOf('ann'), () => {});
    for (let n = 1; n <= 3; n++) await world.publish('a', text(`a${n}`, 100));
    await idle();
    expect(sink.events).toEqual([]);
    rest?.release();
    await until(() => sink.events.length === 3);
    expect(sink.data.map((data) => data.split(' ')[0])).toEqual(['a1', 'a2', 'a3']);
    expect(memory.used).toBe(0);
  });

  test('larger than the whole share still come', async () => {
    world = new HubWorld({ budget: createTaskBudget(256 * 1024) });
    const { sink } = await open('ann', ['a', 'b']);
    await world.publish('a', text('a1', 90_000));
    await until(() => sink.events.length === 1);
  });
});

describe('rings', () => {
  test('of many channels have no more than their part of the task, whatever is published', async () => {
    world = new HubWorld({ budget: manyChannels(32) });
    const { rings } = world.budget;
    const names = Array.from({ length: 32 }, (_, stream) => Array.from({ length: 16 }, (_, index) => `s${stream}c${index}`));
    for (const channels of names) await open('mallory', channels);
    for (const channel of names.flat()) {
      for (let n = 0; n < 6; n++) await world.publish(channel, text('x', 8_000));
      await idle();
      expect(rings.used).toBeLessThanOrEqual(rings.total);
    }
  });

  test('that nobody reads go first where memory is low, the longest idle before the others', async () => {
    world = new HubWorld({ budget: createTaskBudget(8 * MIB) });
    const { rings } = world.budget;
    const fill = async (channel: string) => {
      const { stream } = await open('ann', [channel]);
      const first = await world.publish(channel, text('x', 20_000));
      await world.publish(channel, text('x', 20_000));
      await idle();
      return { stream, first };
    };
    const old = await fill('old');
    const young = await fill('young');
    old.stream.detach();
    await world.clock.advance(1_000);
    young.stream.detach();
    for (let n = 0; n < 40 && !rings.isLow; n++) await fill(`more${n}`);
    await world.clock.advance(2_000);
    await fill('last');
    const heads = jest.spyOn(world.log, 'head');
    await open('ann', ['old'], idOf(old.first));
    expect(heads).toHaveBeenCalled();
    expect(rings.used).toBeLessThanOrEqual(rings.total);
  });

  test('that were filled first leave room for those that come later', async () => {
    world = new HubWorld({ budget: manyChannels(8) });
    for (let n = 0; n < 100; n++) {
      await open('mallory', [`hog${n}`]);
      for (let event = 0; event < 5; event++) await world.publish(`hog${n}`, text('x', 20_000));
      await idle();
    }
    await world.clock.advance(2_000);
    const first = await world.store('late', 'seen');
    await world.clock.advance(2 * GRACE_MS);
    const { stream } = await open('ann', ['late']);
    await world.publish('late', 'missed');
    await idle();
    stream.detach();
    const calls = jest.spyOn(world.log, 'read');
    const { sink } = await open('ann', ['late'], idOf(first));
    await until(() => sink.data.at(-1) === 'missed');
    expect(calls).not.toHaveBeenCalled();
  });

  test('are let go while clients hold pieces of them: those are counted for these clients, or they are closed', async () => {
    world = new HubWorld({ budget: createTaskBudget(6 * MIB) });
    const { memory, rings } = world.budget;
    const clients: Client[] = [];
    for (let n = 0; n < 80; n++) {
      clients.push(await openStuck('mallory', [`c${n}`]));
      await world.publish(`c${n}`, text('x', 60_000));
      await idle();
      await world.clock.advance(1_000);
      expect(heldBytes(clients)).toBeLessThanOrEqual(memory.total + rings.total);
    }
    expect(memory.used).toBeGreaterThan(0);
    expect(clients.some(({ sink }) => sink.closedFor === 'slow')).toBe(true);
    for (const { stream } of clients) stream.detach();
    await idle();
    expect(memory.used).toBe(0);
  });
});

describe('channels', () => {
  const withPlaces = (places: number): TaskBudget => ({ ...createTaskBudget(512 * MIB), channels: new Shares(places) });
  const attach = (principal: string, ...channels: string[]) => world.hub.attach({ channels, cursor: undefined, principal }, new FakeSink());

  test('one user follows half of those that a task may follow, and is told when there are no more', async () => {
    world = new HubWorld({ budget: withPlaces(8) });
    await open('ann', ['a', 'b']);
    await open('ann', ['c', 'd']);
    expect(attach('ann', 'e')).toEqual({ kind: 'tooManyChannels' });
    expect(attach('ann', 'a', 'd')).toMatchObject({ kind: 'attached' });
    expect(attach('bob', 'e', 'f')).toMatchObject({ kind: 'attached' });
    const outcome = await world.hub.poll({ channels: ['g'], cursor: undefined, principal: 'ann' }, 0, new AbortController().signal);
    expect(outcome).toEqual({ kind: 'tooManyChannels' });
    expect(world.hub.takeCounts().refusedOverLimit).toBe(2);
  });

  test('a refused stream counts for nothing, and follows none of its channels', async () => {
    world = new HubWorld({ budget: withPlaces(8), maxStreamsPerPrincipal: 2 });
    await open('ann', ['a', 'b', 'c']);
    expect(attach('ann', 'd', 'e', 'f')).toEqual({ kind: 'tooManyChannels' });
    await open('ann', ['d']);
    expect(world.hub.openStreams).toBe(2);
  });

  test('those that nobody reads any more make room for those that the same user wants now', async () => {
    world = new HubWorld({ budget: withPlaces(4) });
    for (let n = 0; n < 20; n++) (await open('ann', [`a${n}`])).stream.detach();
    await open('ann', ['b1', 'b2']);
  });

  test('a user who follows few takes the place of one who follows many, and the streams of that channel come again', async () => {
    world = new HubWorld({ budget: withPlaces(8) });
    const many = [
      await open('mallory', ['m1']),
      await open('mallory', ['m2']),
      await open('mallory', ['m3']),
      await open('mallory', ['m4']),
    ];
    const few = [await open('ann', ['a1']), await open('ann', ['a2']), await open('bob', ['b1']), await open('bob', ['b2'])];
    await open('carol', ['c1']);
    expect(many.map(({ sink }) => sink.closedFor)).toEqual(['evicted', undefined, undefined, undefined]);
    expect(few.map(({ sink }) => sink.closedFor)).toEqual([undefined, undefined, undefined, undefined]);
    expect(takeOverShare(world.budget)).toBe(1);
  });

  test('a channel that is let go while it opens takes no memory when the log has answered', async () => {
    world = new HubWorld({ budget: withPlaces(8) });
    for (let channel = 0; channel < 40; channel++) await world.store(`c${channel}`, 'x'.repeat(10_000));
    const answer = Promise.withResolvers<void>();
    const readBack = world.log.readBack.bind(world.log);
    const reads = jest.spyOn(world.log, 'readBack').mockImplementation(async (...args) => {
      await answer.promise;
      return readBack(...args);
    });
    for (let channel = 0; channel < 40; channel++) {
      const attachment = world.hub.attach({ channels: [`c${channel}`], cursor: undefined, principal: 'mallory' }, new FakeSink());
      await idle();
      if (attachment.kind === 'attached') attachment.stream.detach();
    }
    expect(reads.mock.calls.length).toBeGreaterThan(8);
    answer.resolve();
    await idle();
    world.hub.close();

    expect(world.budget.rings.used).toBe(0);
  });

  test('a poll whose channel loses its place while it opens is answered before the log has said anything', async () => {
    world = new HubWorld({ budget: withPlaces(8) });
    jest.spyOn(world.log, 'head').mockReturnValue(new Promise(() => {}));
    const polled = world.hub.poll({ channels: ['m1', 'm2', 'm3', 'm4'], cursor: undefined, principal: 'mallory' }, 0, never);
    for (const user of ['ann', 'bob', 'carol', 'dave', 'erin']) {
      world.hub.attach({ channels: [user], cursor: undefined, principal: user }, new FakeSink());
    }

    expect(await polled).toEqual({ kind: 'tooManyChannels' });
  });

  test('a poll that waits for a channel which loses its place is answered that its user has all that it may', async () => {
    world = new HubWorld({ budget: withPlaces(8) });
    const waiting = world.hub.poll(
      { channels: ['m1', 'm2', 'm3', 'm4'], cursor: undefined, principal: 'mallory' },
      20_000,
      new AbortController().signal,
    );
    await until(() => world.clock.sleeping === 1);
    await idle();
    for (const user of ['ann', 'bob', 'carol', 'dave', 'erin']) await open(user, [user]);
    expect(await waiting).toEqual({ kind: 'tooManyChannels' });
  });
});
