import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ChannelEvent, Connection, SubscribeOptions } from '../../../packages/client/src/index.ts';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { type InProcessRun, invokePublish, metricTotal, publishByFunction, startInProcess } from '../support/in-process.ts';
import { connectOver, transportsOf, type Way, waysOf } from '../support/transports.ts';

/* A channel's last events and its history, and events that carry bytes, over whatever transports the app has. */

let world: InProcessRun;

beforeAll(async () => {
  world = await startInProcess();
}, 60_000);

afterAll(async () => {
  await world.run.close();
}, 30_000);

/** Runs the work over each way, with a channel and a connection of its own. */
async function overAll(work: (way: Way, channel: string, connection: Connection) => Promise<void>): Promise<void> {
  for (const way of waysOf(world.run.urls)) {
    const connection = connectOver(way, world.run.urls, { pingIntervalMs: 2_000, pollIntervalMs: 10, publishTimeoutMs: 20_000 });
    await work(way, freshChannel(`history.${way}`), connection).finally(() => connection.close());
  }
}

const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `e${from + index}`);

const publishAll = (connection: Connection, channel: string, from: number, to: number) =>
  connection.publishAll(
    channel,
    numbered(from, to).map((data) => ({ data })),
  );

/** The events of a subscription as they come. */
async function record(connection: Connection, channel: string, options: SubscribeOptions = {}): Promise<readonly ChannelEvent[]> {
  const events: ChannelEvent[] = [];
  const subscription = connection.subscribe(channel, options);
  subscription.addEventListener('event', ({ detail }) => events.push(detail));
  await subscription.ready;
  return events;
}

const dataOf = (events: readonly ChannelEvent[]) => events.map(({ data }) => data);

describe('the last events', () => {
  test('come first, then live ones, each once and in order', async () => {
    await overAll(async (way, channel, connection) => {
      const ids: string[] = [];
      for (const data of numbered(1, 5)) ids.push((await publishByFunction(world.run, channel, data)) ?? '');
      const events = await record(connection, channel, { last: 3 });
      await until(`${way}: the last have come`, () => events.length >= 3);
      await publishByFunction(world.run, channel, 'e6');
      await until(`${way}: a live one has come`, () => dataOf(events).includes('e6'));
      expect([way, ...dataOf(events)]).toEqual([way, ...numbered(3, 6)]);
      expect(events.slice(0, 3).map(({ id }) => id)).toEqual(ids.slice(2));
    });
  }, 120_000);

  test('come in order and once while others are published, whatever is lost or doubled', async () => {
    let notified = 0;
    world.run.faults.notification = (_queue, body, deliver) => {
      notified++;
      if (notified % 3 !== 0) deliver(body);
      if (notified % 2 === 0) deliver(body);
    };
    await overAll(async (way, channel, connection) => {
      await publishAll(connection, channel, 1, 20);
      const events = await record(connection, channel, { last: 500 });
      await Promise.all([publishAll(connection, channel, 21, 40), until(`${way}: the last have come`, () => events.length >= 20)]);
      await until(`${way}: all have come`, () => events.length >= 40);
      expect([way, ...dataOf(events)]).toEqual([way, ...numbered(1, 40)]);
    });
    world.run.faults.notification = (_queue, body, deliver) => deliver(body);
  }, 120_000);

  test('are none on a channel that was never used, and have no effect beside a cursor', async () => {
    await overAll(async (way, channel, connection) => {
      const empty = await record(connection, channel, { last: 3 });
      const [first] = await publishAll(connection, `${channel}.used`, 1, 3);
      const resumed = await record(connection, `${channel}.used`, { after: first?.id ?? '', last: 1 });
      await until(`${way}: what was missed has come`, () => resumed.length >= 2);
      await publishByFunction(world.run, channel, 'first');
      await until(`${way}: the first has come`, () => empty.length > 0);
      expect([way, dataOf(empty), dataOf(resumed)]).toEqual([way, ['first'], numbered(2, 3)]);
    });
  }, 120_000);
});

describe('the history', () => {
  test('is read backwards to its beginning, in pages of events in order', async () => {
    await overAll(async (way, channel, connection) => {
      for (let from = 1; from <= 120; from += 20) await publishAll(connection, channel, from, from + 19);
      const pages: (readonly ChannelEvent[])[] = [];
      for await (const page of connection.history(channel, { limit: 50 })) pages.push(page);
      expect([way, ...dataOf([...pages].reverse().flat())]).toEqual([way, ...numbered(1, 120)]);
      expect(pages.map(({ length }) => length)).toEqual([50, 50, 20]);
    });
  }, 120_000);

  test('joins the subscription that began with the last events: together they have all, each once', async () => {
    await overAll(async (way, channel, connection) => {
      await publishAll(connection, channel, 1, 20);
      const events = await record(connection, channel, { last: 5 });
      await until(`${way}: the last have come`, () => events.length >= 5);
      const { value: older = [] } = await connection.history(channel, { before: events[0]?.id, limit: 10 }).next();
      expect([way, ...dataOf([...older, ...events])]).toEqual([way, ...numbered(6, 20)]);
    });
  }, 120_000);

  test('is the same over every way', async () => {
    const channel = freshChannel('history');
    for (const data of numbered(1, 12)) await publishByFunction(world.run, channel, data);
    const found: (readonly ChannelEvent[])[] = [];
    await overAll(async (_way, _channel, connection) => {
      const all: ChannelEvent[] = [];
      for await (const page of connection.history(channel, { limit: 5 })) all.unshift(...page);
      found.push(all);
    });
    for (const events of found) expect(events).toEqual(found[0]);
    expect(dataOf(found[0] ?? [])).toEqual(numbered(1, 12));
  }, 60_000);
});

describe('bytes', () => {
  const BYTES = Uint8Array.from({ length: 1_000 }, (_, index) => index * 7);

  /** By the entrance that is named like the type. */
  async function publishBytes(channel: string, type: string): Promise<void> {
    const entrance = transportsOf(world.run.urls).find((transport) => transport === type);
    if (entrance === undefined)
      return void (await invokePublish(world.run, { channel, type, data: Buffer.from(BYTES).toString('base64'), encoding: 'base64' }));
    const publisher = connectOver(entrance, world.run.urls);
    await publisher.publish(channel, { type, data: BYTES });
    publisher.close();
  }

  test.each(['durable', 'ephemeral'])(
    'come out of every transport of a channel that is %s as they went into every entrance',
    async (kind) => {
      await overAll(async (way, _, connection) => {
        const channel = freshChannel(kind);
        const events = await record(connection, channel);
        const entrances = transportsOf(world.run.urls);
        const types = [...entrances, 'function'];
        // Between two polls of an ephemeral channel nobody is there: what has not come is published again.
        await until(`${way}: all have come`, async () => {
          const missing = types.filter((type) => !events.some((event) => event.type === type));
          for (const type of missing) await publishBytes(channel, type);
          return missing.length === 0;
        });
        for (const { bytes, encoding } of events) expect([way, encoding, bytes?.join()]).toEqual([way, 'base64', BYTES.join()]);
      });
    },
    120_000,
  );

  test('are resumed, batched and read in the history as bytes', async () => {
    await overAll(async (way, channel, connection) => {
      const [first] = await connection.publishAll(channel, [{ data: 'text' }, { data: BYTES }, { data: new Uint8Array() }]);
      const events = await record(connection, channel, { after: first?.id ?? '' });
      await until(`${way}: what was missed has come`, () => events.length >= 2);
      const { value: page = [] } = await connection.history(channel).next();
      const bytesOf = (all: readonly ChannelEvent[]) => all.map(({ bytes }) => bytes?.join());
      expect([way, bytesOf(events), bytesOf(page)]).toEqual([way, [BYTES.join(), ''], [undefined, BYTES.join(), '']]);
    });
    expect(metricTotal(world.lines, 'UnexpectedErrors')).toBe(0);
  }, 120_000);
});
