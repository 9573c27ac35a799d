/** One user's replays do not starve another's: log reads take turns, and nobody holds one while its client reads nothing. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ChannelEvent } from '../../../../backbone/domain/event.ts';
import { createTaskBudget } from '../../../../fargate/sse/budget/task-budget.ts';
import { parseCursor } from '../../../../packages/protocol/cursor.ts';
import { FakeSink } from '../support/fake-sink.ts';
import { GRACE_MS, HubWorld, idOf } from '../support/hub-world.ts';
import { idle, until } from '../support/until.ts';

/** So far behind that no ring reaches back to it. */
const FAR = 700;

let world: HubWorld;

beforeEach(() => {
  world = new HubWorld();
});

afterEach(() => world.hub.close());

async function storeFar(channel: string, bytes = 10): Promise<ChannelEvent> {
  const first = await world.store(channel, '0');
  const filling = 'x'.repeat(bytes);
  for (let index = 1; index <= FAR; index++) await world.store(channel, `${index} ${filling}`);
  await world.clock.advance(2 * GRACE_MS);
  return first;
}

function attach(principal: string, channels: readonly string[], lastEventId: string, sink = new FakeSink()) {
  const attachment = world.hub.attach({ channels, cursor: parseCursor(lastEventId, channels), principal }, sink);
  if (attachment.kind !== 'attached') throw new Error(attachment.kind);
  return { sink, stream: attachment.stream };
}

function blocked(principal: string, channels: readonly string[], lastEventId: string) {
  const sink = new FakeSink();
  sink.block();
  return attach(principal, channels, lastEventId, sink);
}

const numbers = (data: readonly string[]) => data.map((text) => Number.parseInt(text, 10));
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

test('a hundred clients that resume a long way back and read nothing leave the log to others', async () => {
  const first = await storeFar('a', 500);
  const seen = await world.store('b', 'b1');
  for (const data of ['b2', 'b3', 'b4']) await world.store('b', data);
  const hostile = Array.from({ length: 100 }, () => blocked('mallory', ['a'], idOf(first)));
  await Promise.all(hostile.map(({ stream }) => stream.opened));
  // They take the opening, and nothing of what they asked for.
  for (const { sink, stream } of hostile) sink.takeOne(stream);
  await until(() => hostile.every(({ sink }) => sink.events.length > 0));
  await idle();
  const { sink } = attach('victim', ['b'], idOf(seen));
  await until(() => sink.events.length === 3);
  expect(sink.data).toEqual(['b2', 'b3', 'b4']);
});

test('a read waits for one of each other principal at most, however many they wait for', async () => {
  const first = await storeFar('a');
  const seen = await world.store('b', 'b1');
  await world.store('b', 'b2');
  await world.clock.advance(2 * GRACE_MS);
  // Every read of the log waits until the test lets it through.
  const gates: { readonly channel: string; readonly pass: () => void }[] = [];
  for (const method of ['read', 'readBack'] as const) {
    const original = world.log[method].bind(world.log);
    jest.spyOn(world.log, method).mockImplementation(async (channel, ...rest) => {
      await new Promise<void>((pass) => gates.push({ channel, pass }));
      return original(channel, ...rest);
    });
  }
  const hostile = Array.from({ length: 200 }, () => attach('mallory', ['a'], `${first.epoch}.${1}`));
  await Promise.all(hostile.map(({ stream }) => stream.opened));
  await idle();
  const { sink } = attach('victim', ['b'], idOf(seen));
  await until(() => gates.some(({ channel }) => channel === 'b'));
  // Nothing of the others' has been let through.
  gates.find(({ channel }) => channel === 'b')?.pass();
  await until(() => sink.events.length === 1);
  for (const { stream } of hostile) stream.detach();
  for (const { pass } of gates) pass();
});

describe('where there is little memory', () => {
  test('a page is given up when its client does not take it, and read again from where the client is', async () => {
    // 170 KB for private memory, of which one principal may have half.
    world = new HubWorld({ budget: createTaskBudget(1024 * 1024) });
    const first = await storeFar('a', 2_000);
    const { sink, stream } = blocked('ann', ['a'], idOf(first));
    await stream.opened;
    const { memory } = world.budget;
    for (let taken = 0; taken < 400 && sink.events.length < FAR; taken++) {
      sink.takeOne(stream);
      await idle();
      expect(memory.used).toBeLessThanOrEqual(memory.total / 2);
    }
    expect(numbers(sink.data)).toEqual(upTo(FAR));
    sink.takeOne(stream);
    expect(memory.used).toBe(0);
    expect(world.budget.refused).toBeGreaterThan(0);
  });

  test('many clients that read slowly hold no more than there is, and each gets all of it once', async () => {
    world = new HubWorld({ budget: createTaskBudget(1024 * 1024) });
    const first = await storeFar('a', 1_000);
    const clients = Array.from({ length: 12 }, (_, index) => blocked(`user ${index % 6}`, ['a'], idOf(first)));
    await Promise.all(clients.map(({ stream }) => stream.opened));
    const { memory } = world.budget;
    const lacking = () => clients.filter(({ sink }) => sink.closedFor === undefined && !sink.writes.at(-1)?.includes(`data: ${FAR} `));
    for (let round = 0; round < 1_000 && lacking().length > 0; round++) {
      for (const { sink, stream } of clients) if (sink.closedFor === undefined) sink.takeOne(stream);
      await idle();
      expect(memory.used).toBeLessThanOrEqual(memory.total);
    }
    // Whoever held most may have been closed for the others, and comes back.
    for (const { sink } of clients) expect(numbers(sink.data)).toEqual(upTo(sink.closedFor === undefined ? FAR : sink.events.length));
    expect(clients.some(({ sink }) => sink.closedFor === undefined)).toBe(true);
  });
});

test('a client that takes nothing while it is replayed to is closed after a while', async () => {
  world.hub.start();
  const first = await storeFar('a', 500);
  const { sink, stream } = blocked('ann', ['a'], idOf(first));
  await stream.opened;
  sink.takeOne(stream);
  await until(() => sink.events.length > 0);
  await world.clock.advance(60_000);
  expect(sink.closedFor).toBe('slow');
  expect(world.budget.memory.used).toBe(0);
});

describe('names that the task does not follow yet', () => {
  /** Every look at a head waits until the test lets it through. */
  function gateHeads() {
    const gates: { readonly channel: string; readonly pass: () => void }[] = [];
    const original = world.log.head.bind(world.log);
    jest.spyOn(world.log, 'head').mockImplementation(async (channel) => {
      await new Promise<void>((pass) => gates.push({ channel, pass }));
      return original(channel);
    });
    return gates;
  }

  const namesOf = (stream: number) => Array.from({ length: 32 }, (_, index) => `fresh.${stream}.${index}`);

  function joinFresh(streams: number) {
    return Array.from({ length: streams }, (_, index) => {
      const attachment = world.hub.attach({ channels: namesOf(index), cursor: undefined, principal: 'mallory' }, new FakeSink());
      if (attachment.kind !== 'attached') throw new Error(attachment.kind);
      return attachment.stream;
    });
  }

  test('somebody who asks for hundreds of them keeps nobody else from opening one', async () => {
    const seen = await world.store('b', 'b1');
    await world.store('b', 'b2');
    await world.clock.advance(2 * GRACE_MS);
    const gates = gateHeads();
    joinFresh(20);
    await idle();
    const asked = gates.length;
    const { sink } = attach('victim', ['b'], idOf(seen));
    await idle();

    expect(asked).toBeLessThan(20);
    expect(gates.map(({ channel }) => channel).slice(asked)).toEqual(['b']);
    gates.at(-1)?.pass();
    await until(() => sink.events.length === 1);
  });

  test('another one who wants a channel does not wait for the turn of whoever asked first', async () => {
    const gates = gateHeads();
    joinFresh(20);
    const last = 'fresh.19.31';
    attach('victim', [last], '0.0');
    await idle();

    expect(gates.map(({ channel }) => channel)).toContain(last);
  });

  test('what nobody wants any more is not read', async () => {
    const gates = gateHeads();
    const streams = joinFresh(20);
    await idle();
    const asked = gates.length;
    for (const stream of streams) stream.detach();
    while (gates.length > 0) {
      for (const { pass } of gates.splice(0)) pass();
      await idle();
    }

    expect(world.log.head).toHaveBeenCalledTimes(asked);
  });
});
