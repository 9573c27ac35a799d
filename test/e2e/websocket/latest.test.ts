import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ChannelLatest, Connection, Subscription } from '../../../packages/client/src/index.ts';
import { MAX_LATEST_DATA_BYTES } from '../../../packages/protocol/publication.ts';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { type InProcessRun, metricTotal, startInProcess } from '../support/in-process.ts';
import { connectOver } from '../support/transports.ts';

/** Channels that keep the newest event of each key, over sockets. */

let world: InProcessRun;
/** Notifications that are late. */
let held: (() => void)[];
let connections: Connection[];

beforeAll(async () => {
  world = await startInProcess();
}, 60_000);

afterAll(async () => {
  for (const connection of connections) connection.close();
  await world.run.close();
}, 30_000);

beforeEach(() => {
  for (const connection of connections ?? []) connection.close();
  connections = [];
  held = [];
  world.run.faults.notification = (_queue, body, deliver) => {
    const { entries = [] } = JSON.parse(body) as { readonly entries?: readonly { readonly key: string; readonly data?: string }[] };
    const [{ key = '', data = '' } = {}] = entries;
    if (data === 'lost' || (key === 'lost' && data === '')) return;
    if (data === 'late') held.push(() => deliver(body));
    else deliver(body);
    if (data === 'doubled') deliver(body);
  };
});

function connect(): Connection {
  const connection = connectOver('websocket', world.run.urls, { pingIntervalMs: 2_000 });
  connections.push(connection);
  return connection;
}

/** What a reader has got, in its order, and what it ends with. */
function record(subscription: Subscription) {
  const items: ChannelLatest[] = [];
  subscription.addEventListener('latest', ({ detail }) => items.push(detail));
  return {
    items,
    /** `<key>=<data>`, of keys that are there. */
    last: () =>
      [...new Map(items.map((item) => [item.key, item])).values()]
        .filter(({ removed }) => !removed)
        .map(({ key, data }) => `${key}=${data}`)
        .sort(),
  };
}

test('a reader gets the snapshot, and ends with the last version of each key, whatever notifications do', async () => {
  const channel = freshChannel('latest');
  const publisher = connect();
  await publisher.publish(channel, { conflationKey: 'a', data: '1' });
  await publisher.publish(channel, { conflationKey: 'gone', data: '1' });
  await publisher.publish(channel, { conflationKey: 'gone', removed: true });
  const subscription = connect().subscribe(channel);
  const reader = record(subscription);
  await subscription.ready;
  expect(reader.last()).toEqual(['a=1']);

  for (const data of ['late', 'doubled', '4']) await publisher.publish(channel, { conflationKey: 'a', data });
  await publisher.publish(channel, { conflationKey: 'gone', data: 'again' });
  await until('all has come', () => reader.last().join() === 'a=4,gone=again');
  const before = reader.items.length;
  for (const deliver of held) deliver();
  await publisher.publish(channel, { conflationKey: 'end', data: '1' });
  await until('the end has come', () => reader.last().includes('end=1'));
  expect(reader.items.slice(before).map(({ key }) => key)).toEqual(['end']);
}, 60_000);

test('the next ping finds a change and a removal that were lost', async () => {
  const channel = freshChannel('latest');
  const publisher = connect();
  await publisher.publishAll(channel, [
    { conflationKey: 'a', data: '1' },
    { conflationKey: 'lost', data: '1' },
  ]);
  const subscription = connect().subscribe(channel);
  const reader = record(subscription);
  await subscription.ready;
  expect(reader.last()).toEqual(['a=1', 'lost=1']);
  await publisher.publish(channel, { conflationKey: 'a', data: 'lost' });
  await publisher.publish(channel, { conflationKey: 'lost', removed: true });
  await until('both are found', () => reader.last().join() === 'a=lost');
}, 60_000);

test('a snapshot that is too large for one answer comes in turns, with every key once', async () => {
  const channel = freshChannel('latest');
  const publisher = connect();
  const keys = Array.from({ length: 120 }, (_, nth) => `k${String(nth).padStart(3, '0')}`);
  const data = 'x'.repeat(MAX_LATEST_DATA_BYTES - 100);
  for (let at = 0; at < keys.length; at += 5) {
    await publisher.publishAll(
      channel,
      keys.slice(at, at + 5).map((conflationKey) => ({ conflationKey, data })),
    );
  }
  const subscription = connect().subscribe(channel);
  const reader = record(subscription);
  await subscription.ready;
  expect(reader.items.map(({ key }) => key)).toEqual(keys);
}, 60_000);

test('every reader of a channel gets what another one publishes, and wrong use is told', async () => {
  const channel = freshChannel('latest');
  const [one, other] = [connect(), connect()];
  const subscriptions = [one, other].map((connection) => connection.subscribe(channel));
  const readers = subscriptions.map(record);
  await Promise.all(subscriptions.map(({ ready }) => ready));
  const { version, id } = await one.publish(channel, { conflationKey: 'a', type: 'note', data: 'x' });
  expect([typeof version, id]).toEqual(['string', '']);
  for (const { items, last } of readers) {
    await until('it has come', () => last().join() === 'a=x');
    expect(items).toMatchObject([{ kind: 'latest', channel, key: 'a', version, type: 'note', data: 'x' }]);
  }
  await expect(one.publish(channel, { data: 'x' })).rejects.toMatchObject({ code: 'invalid_body' });
  await expect(one.publish(freshChannel('durable'), { conflationKey: 'a', data: 'x' })).rejects.toMatchObject({ code: 'invalid_body' });
  await expect(one.publish(channel, { conflationKey: 'a', data: 'x'.repeat(MAX_LATEST_DATA_BYTES + 1) })).rejects.toMatchObject({
    code: 'data_too_large',
  });
  expect(metricTotal(world.lines, 'UnexpectedErrors')).toBe(0);
}, 60_000);
