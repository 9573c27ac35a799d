import { isDeepStrictEqual } from 'node:util';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { PUBLISH_DETAIL_TYPE } from '../../../backbone/contract.ts';
import { outputOf } from '../../../packages/assembly-local/outputs.ts';
import type { ChannelEvent, Connection } from '../../../packages/client/src/index.ts';
import { MAX_BATCH_EVENTS, MAX_LATEST_KEYS } from '../../../packages/protocol/publication.ts';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { clientSettings, type InProcessRun, invokePublish, metricTotal, publishByFunction, startInProcess } from '../support/in-process.ts';
import { type LatestReader, type LatestWay, latestWays } from '../support/latest-readers.ts';
import { openLatestTable } from '../support/latest-table.ts';
import { connectOver, transportsOf, type Way, waysOf } from '../support/transports.ts';

/*
 * What each kind of channel promises, over whatever transports the app has. A suite names its tests before there is a run, so each
 * test goes through the transports by itself.
 */

let world: InProcessRun;
/** Notifications that are late, by their data. */
let held: Map<string, (() => void)[]>;

beforeAll(async () => {
  world = await startInProcess();
}, 60_000);

afterAll(async () => {
  await world.run.close();
}, 30_000);

beforeEach(() => {
  held = new Map();
  world.run.faults.notification = (_queue, body, deliver) => {
    const data = firstDataOf(body);
    if (data.startsWith('lost')) return;
    if (data.startsWith('late')) held.set(data, [...(held.get(data) ?? []), () => deliver(body)]);
    else deliver(body);
    if (data.startsWith('doubled')) deliver(body);
  };
});

function firstDataOf(body: string): string {
  const { data, entries } = JSON.parse(body) as { readonly data?: string; readonly entries?: readonly { readonly data?: string }[] };
  return data ?? entries?.[0]?.data ?? '';
}

function release(data: string): void {
  for (const deliver of held.get(data) ?? []) deliver();
}

interface Reader {
  readonly way: Way;
  readonly connection: Connection;
  readonly events: readonly ChannelEvent[];
  readonly cursor: () => string | undefined;
}

async function subscribe(way: Way, channel: string, after?: string): Promise<Reader> {
  const connection = connectOver(way, world.run.urls, { pingIntervalMs: 2_000, pollIntervalMs: 10, publishTimeoutMs: 20_000 });
  const subscription = connection.subscribe(channel, { after });
  const events: ChannelEvent[] = [];
  subscription.addEventListener('event', ({ detail }) => events.push(detail));
  await subscription.ready;
  return { way, connection, events, cursor: () => subscription.cursor };
}

async function withReader(way: Way, channel: string, work: (reader: Reader) => Promise<void>, after?: string): Promise<void> {
  const reader = await subscribe(way, channel, after);
  try {
    await work(reader);
  } finally {
    reader.connection.close();
  }
}

const dataOf = ({ events }: Reader) => events.map(({ data }) => data);

/** Publishes with each of the ways in, and answers the ids. */
async function publishByAll(channel: string): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const way of transportsOf(world.run.urls)) {
    const connection = connectOver(way, world.run.urls);
    ids.push((await connection.publish(channel, { data: `by ${way}` })).id);
    connection.close();
  }
  return [...ids, (await publishByFunction(world.run, channel, 'by function')) ?? ''];
}

async function putEvent(channel: string, fields: object): Promise<void> {
  const client = new EventBridgeClient(clientSettings(world.run.urls.endpoint));
  const EventBusName = outputOf(world.run, 'EventBusName');
  const entry = { EventBusName, Source: 'test', DetailType: PUBLISH_DETAIL_TYPE, Detail: JSON.stringify({ channel, ...fields }) };
  await client.send(new PutEventsCommand({ Entries: [entry] }));
  client.destroy();
}

/** Publishes it until the reader has it: between two polls nobody is there. */
async function publishUntilSeen(channel: string, data: string, reader: Reader): Promise<void> {
  await until(`${reader.way}: ${data} has come`, async () => {
    if (dataOf(reader).includes(data)) return true;
    await publishByFunction(world.run, channel, data);
    return false;
  });
}

describe('a durable channel', () => {
  test('delivers every event in order and once, whether its notification is late, doubled, lost or out of order', async () => {
    for (const way of waysOf(world.run.urls)) {
      const channel = freshChannel('durable');
      const sent = ['first', 'doubled', 'late', 'next', 'lost', 'last'];
      await withReader(way, channel, async (reader) => {
        for (const data of sent) await publishByFunction(world.run, channel, data);
        release('late');
        await until(`${way}: the last has come`, () => dataOf(reader).includes('last'));
        expect([way, ...dataOf(reader)]).toEqual([way, ...sent]);
        expect(reader.cursor()).toBe(reader.events.at(-1)?.id);
      });
    }
  }, 120_000);

  test('has an id for every way in, and what was missed follows after a cursor', async () => {
    for (const way of waysOf(world.run.urls)) {
      const channel = freshChannel('durable');
      const ids = await publishByAll(channel);
      expect(ids.every((id) => /^[a-z0-9]+\.[1-9]\d*$/.test(id))).toBe(true);
      const first = ids[0] ?? '';
      await withReader(
        way,
        channel,
        (reader) => until(`${way}: what was missed has come`, () => reader.events.map(({ id }) => id).join() === ids.slice(1).join()),
        first,
      );
    }
  }, 120_000);
});

describe('a latest channel', () => {
  const put = (channel: string, conflationKey: string, data: string) => invokePublish(world.run, { channel, conflationKey, data });

  /** Readers over all ways at once: what is lost is found within half a minute. */
  async function withAll(
    channel: string,
    work: (readers: readonly (LatestReader & Pick<LatestWay, 'name'>)[]) => Promise<void>,
  ): Promise<void> {
    const ways = latestWays(world.run.urls);
    const readers = ways.map(({ name, read }) => ({ name, ...read(world.run.urls, channel) }));
    try {
      await Promise.all(readers.map(({ ready }) => ready));
      await work(readers);
      for (const [at, { holder }] of readers.entries()) if (ways[at]?.neverSendsOlder) expect(holder.stepsBack).toEqual([]);
    } finally {
      await Promise.all(readers.map(({ close }) => close()));
    }
  }

  async function untilAllHold(
    readers: readonly (LatestReader & Pick<LatestWay, 'name'>)[],
    data: Readonly<Record<string, string>>,
  ): Promise<void> {
    const holds = ({ holder }: LatestReader) => isDeepStrictEqual(holder.data, data);
    await until(`all hold ${JSON.stringify(data)}`, () => readers.every(holds)).catch((error: Error) => {
      const others = readers.filter((reader) => !holds(reader)).map(({ name, holder }) => `${name} holds ${JSON.stringify(holder.data)}`);
      throw new Error(`${error.message}: ${others.join(', ')}`);
    });
    expect(new Set(readers.map(({ holder }) => holder.state)).size).toBe(1);
  }

  test('brings every reader to the newest version of each key, whether its notification is late, doubled, lost or never sent', async () => {
    const channel = freshChannel('latest');
    const table = openLatestTable(world.run);
    await put(channel, 'before', '1');
    await withAll(channel, async (readers) => {
      await untilAllHold(readers, { before: '1' });
      await put(channel, 'a', 'late 1');
      await put(channel, 'a', 'doubled 2');
      await untilAllHold(readers, { before: '1', a: 'doubled 2' });
      release('late 1');
      await put(channel, 'b', 'lost 1');
      await table.put({ channel, key: 'c', value: { type: 'message', data: 'never sent' } });
      await table.put({ channel, key: 'before', value: 'removed' });
      await untilAllHold(readers, { a: 'doubled 2', b: 'lost 1', c: 'never sent' });
    });
    await withAll(channel, (readers) => untilAllHold(readers, { a: 'doubled 2', b: 'lost 1', c: 'never sent' }));
  }, 120_000);

  test('takes keys away when they are removed or expire, and a key that is made anew wins over what readers hold', async () => {
    const channel = freshChannel('latest');
    const shortLived = openLatestTable(world.run, 1_000);
    for (let at = 0; at < 3; at++) await shortLived.put({ channel, key: 'old', value: { type: 'message', data: `${at}` } });
    await put(channel, 'removed', 'late 1');
    await withAll(channel, async (readers) => {
      await until('old has expired', async () => !(await shortLived.read(channel, 'strong')).some(({ key }) => key === 'old'));
      await put(channel, 'old', 'anew');
      await invokePublish(world.run, { channel, conflationKey: 'removed', removed: true });
      await untilAllHold(readers, { old: 'anew' });
      release('late 1');
      await put(channel, 'last', '1');
      await untilAllHold(readers, { old: 'anew', last: '1' });
    });
  }, 120_000);

  test('takes no more than 1,000 keys, whichever way they come, and brings all of them', async () => {
    const channel = freshChannel('latest');
    const before = MAX_LATEST_KEYS - MAX_BATCH_EVENTS;
    await openLatestTable(world.run).fill(channel, before);
    const events = Array.from({ length: MAX_BATCH_EVENTS }, (_, at) => ({ conflationKey: `k${before + at}`, data: `${before + at}` }));
    await invokePublish(world.run, { channel, events });
    await expect(put(channel, 'another', '')).rejects.toThrow('at most 1000 keys');
    await putEvent(channel, { conflationKey: 'k0', data: 'by event' });
    const all = Object.fromEntries(Array.from({ length: MAX_LATEST_KEYS }, (_, at) => [`k${at}`, `${at}`]));
    await withAll(channel, (readers) => untilAllHold(readers, { ...all, k0: 'by event' }));
  }, 120_000);
});

describe('an ephemeral channel', () => {
  test('delivers what comes to whoever is there, without ids, and what is lost stays lost', async () => {
    for (const way of waysOf(world.run.urls)) {
      const channel = freshChannel('ephemeral');
      await publishByFunction(world.run, channel, 'before');
      await withReader(way, channel, async (reader) => {
        await publishUntilSeen(channel, 'first', reader);
        await publishByFunction(world.run, channel, 'lost');
        await publishUntilSeen(channel, 'last', reader);
        expect([way, ...new Set(dataOf(reader))]).toEqual([way, 'first', 'last']);
        expect(new Set(reader.events.map(({ id }) => id))).toEqual(new Set(['']));
        expect(reader.cursor()).toBeUndefined();
      });
    }
  }, 120_000);

  test('has no id for any way in, and every way in reaches every transport', async () => {
    // A poll may miss single events: it is between two polls then.
    for (const way of transportsOf(world.run.urls)) {
      const channel = freshChannel('ephemeral');
      await withReader(way, channel, async (reader) => {
        expect(new Set(await publishByAll(channel))).toEqual(new Set(['']));
        await putEvent(channel, { data: 'by event' });
        const expected = [...transportsOf(world.run.urls).map((entrance) => `by ${entrance}`), 'by function', 'by event'];
        await until(`${way}: all have come`, () => expected.every((data) => dataOf(reader).includes(data)));
      });
    }
  }, 120_000);

  test('delivers late and doubled notifications at most as often as they come, and a hub drops them', async () => {
    for (const way of transportsOf(world.run.urls)) {
      const channel = freshChannel('ephemeral');
      await withReader(way, channel, async (reader) => {
        for (const data of ['late', 'doubled', 'last']) {
          await publishByFunction(world.run, channel, data);
          if (data !== 'late') await until(`${way}: ${data} has come`, () => dataOf(reader).includes(data));
        }
        release('late');
        await publishByFunction(world.run, channel, 'end');
        await until(`${way}: the end has come`, () => dataOf(reader).includes('end'));
        const got = dataOf(reader);
        if (got.includes('late')) expect(way).toBe('websocket');
        expect(got.filter((data) => data === 'doubled').length).toBeLessThanOrEqual(way === 'websocket' ? 2 : 1);
        expect(got.filter((data) => data !== 'late' && data !== 'doubled')).toEqual(['last', 'end']);
      });
    }
  }, 120_000);

  test('ignores a cursor, for example of the time when the channel was durable', async () => {
    for (const way of waysOf(world.run.urls)) {
      const channel = freshChannel('ephemeral');
      await withReader(way, channel, (reader) => publishUntilSeen(channel, 'here', reader), 'k3f9.7');
    }
  }, 120_000);

  test('leaves no trace in the log', async () => {
    const database = new DynamoDBClient(clientSettings(world.run.urls.endpoint));
    const TableName = outputOf(world.run, 'LogTableName');
    const [kept, channel] = [freshChannel('durable'), freshChannel('ephemeral')];
    await publishByFunction(world.run, kept, 'one');
    await publishByAll(channel);
    const { Items } = await database.send(new ScanCommand({ TableName }));
    database.destroy();
    expect(JSON.stringify(Items)).toContain(kept);
    expect(JSON.stringify(Items)).not.toContain(channel);
    expect(metricTotal(world.lines, 'UnexpectedErrors')).toBe(0);
  }, 60_000);
});
