import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ChannelLatest, Connection } from '../../../packages/client/src/index.ts';
import { until } from '../../support/until.ts';
import { freshChannel } from '../support/clients.ts';
import { type InProcessRun, startInProcess } from '../support/in-process.ts';
import { connectOver, transportsOf, type Way, waysOf } from '../support/transports.ts';

/*
 * What a `latest` channel promises, over whatever transports the app has. A suite names its tests before there is a run, so each
 * test goes through the transports by itself.
 */

let world: InProcessRun;
/** Notifications that are late. */
let held: (() => void)[];

beforeAll(async () => {
  world = await startInProcess();
}, 60_000);

afterAll(() => world.run.close(), 30_000);

beforeEach(() => {
  held = [];
  world.run.faults.notification = (_queue, body, deliver) => {
    const { entries: [{ data = '' } = {}] = [] } = JSON.parse(body) as { readonly entries?: readonly { readonly data?: string }[] };
    if (data === 'late') held.push(() => deliver(body));
    else deliver(body);
    if (data === 'doubled') deliver(body);
  };
});

const connect = (way: Way): Connection => connectOver(way, world.run.urls, { pingIntervalMs: 2_000, pollIntervalMs: 10 });

/** A reader of a channel, and what it has got. */
async function withReader(way: Way, channel: string, work: (reader: Reader, connection: Connection) => Promise<void>): Promise<void> {
  const connection = connect(way);
  try {
    const subscription = connection.subscribe(channel);
    const items: ChannelLatest[] = [];
    subscription.addEventListener('latest', ({ detail }) => items.push(detail));
    await subscription.ready;
    await work({ items, held: () => heldBy(items), isLive: () => subscription.status.status === 'live' }, connection);
  } finally {
    connection.close();
  }
}

interface Reader {
  readonly items: readonly ChannelLatest[];
  /** `<key>=<data>` of each key that is there. */
  readonly held: () => string;
  readonly isLive: () => boolean;
}

function heldBy(items: readonly ChannelLatest[]): string {
  const last = [...new Map(items.map((item) => [item.key, item])).values()];
  return last
    .flatMap(({ key, data }) => (data === undefined ? [] : [`${key}=${data}`]))
    .sort()
    .join();
}

test('a latest channel brings what it holds and then what changes, whether notifications are late, doubled or out of order', async () => {
  for (const way of waysOf(world.run.urls)) {
    const channel = freshChannel('latest');
    const publisher = connect(transportsOf(world.run.urls)[0] ?? way);
    await publisher.publish(channel, { conflationKey: 'a', data: '1' });
    await publisher.publish(channel, { conflationKey: 'gone', data: '1' });
    await publisher.publish(channel, { conflationKey: 'gone', removed: true });
    await withReader(way, channel, async ({ items, held: holds }) => {
      expect([way, holds()]).toEqual([way, 'a=1']);
      for (const data of ['late', 'doubled', '4']) await publisher.publish(channel, { conflationKey: 'a', data });
      await publisher.publish(channel, { conflationKey: 'gone', data: 'again' });
      await until(`${way}: all has come`, () => holds() === 'a=4,gone=again');
      const before = items.length;
      for (const deliver of held.splice(0)) deliver();
      await publisher.publish(channel, { conflationKey: 'a', removed: true });
      await publisher.publish(channel, { conflationKey: 'end', data: '1' });
      await until(`${way}: the end has come`, () => holds() === 'end=1,gone=again');
      expect(items.slice(before).map(({ key, removed = false }) => [way, key, removed])).toEqual([
        [way, 'a', true],
        [way, 'end', false],
      ]);
    });
    publisher.close();
  }
}, 120_000);

test('a reader that moves between transports gets each version at most once, and all of them have the same state', async () => {
  const channel = freshChannel('latest');
  const ways = waysOf(world.run.urls);
  const [first = 'sse'] = ways;
  const publisher = connect(first);
  await publisher.publish(channel, { conflationKey: 'still', data: '1' });
  await withReader(first, channel, async ({ items, held: holds, isLive }, connection) => {
    for (const [nth, way] of [...ways, ...ways].entries()) {
      connection.use(way);
      await publisher.publish(channel, { conflationKey: 'a', data: `${nth}` });
      await until(`${way}: ${nth} has come`, () => isLive() && holds() === `a=${nth},still=1`);
    }
    expect(items.filter(({ key }) => key === 'still')).toHaveLength(1);
    const versions = items.filter(({ key }) => key === 'a').map(({ version }) => version);
    expect(new Set(versions).size).toBe(versions.length);
  });
  publisher.close();
}, 120_000);
