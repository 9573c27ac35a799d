import { LanesError, type Published } from '../../src/index.ts';
import { equal, numbered, record, thrownBy, toText, truthy, until, untilChecked, untilSeen } from './checks.ts';
import type { Case, CaseContext } from './control.ts';
import { MAX_STUB_KEYS } from './stub-latest.ts';

const LANES = ['sse', 'poll', 'websocket'] as const;
const OVER_SOCKET = ['websocket'] as const;

const nameOf = ({ channel }: CaseContext): string => `latest.${channel}`;

/** What a reader ends with, whatever versions it has skipped. */
function lastOf(seen: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(seen.map((text) => text.split(/[= ]/) as [string, string]));
}

async function untilLast(seen: readonly string[], expected: Readonly<Record<string, string>>): Promise<void> {
  const sorted = (record: Readonly<Record<string, string>>) => JSON.stringify(Object.entries(record).sort());
  await until(
    () => sorted(lastOf(seen)) === sorted(expected),
    () => `${sorted(expected)}, got ${JSON.stringify(seen)}`,
  );
}

/** Channels that keep the newest event of each key. */
export const LATEST_CASES: readonly Case[] = [
  {
    name: 'brings what a latest channel holds, and then what changes',
    transports: LANES,
    async run(context) {
      const { connect, server } = context;
      const channel = nameOf(context);
      await server.put(channel, 'a', '1');
      await server.put(channel, 'b', '1');
      await server.put(channel, 'gone', '1');
      await server.put(channel, 'gone');
      const subscription = connect().subscribe(channel);
      const items: unknown[] = [];
      subscription.addEventListener('latest', ({ detail }) => items.push(Object.keys(detail)));
      const seen = record(subscription);
      await subscription.ready;
      equal([...seen].sort(), ['a=1', 'b=1'], 'when it is ready');
      await server.put(channel, 'b', '2');
      await server.put(channel, 'a');
      await server.put(channel, 'c', '1');
      await untilLast(seen, { a: 'removed', b: '2', c: '1' });
      equal(items[0], ['kind', 'channel', 'key', 'version', 'publishedAt', 'type', 'data'], 'the fields of an item');
      equal(subscription.cursor, undefined, 'the cursor');
    },
  },
  {
    name: 'comes back to a latest channel with what it holds, and gets only what it lacks',
    transports: LANES,
    async run(context) {
      const { connect, server } = context;
      const channel = nameOf(context);
      for (const key of ['a', 'b', 'c']) await server.put(channel, key, '1');
      const subscription = connect().subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      const { delivered, opened } = await server.stats();
      await server.cut();
      await until(async () => (await server.stats()).opened > opened, 'opened again');
      await until(() => subscription.status.status === 'live', 'live again');
      equal((await server.stats()).delivered, delivered, 'entries sent to who holds them');

      await server.set({ failures: { times: 3, status: 503 } });
      await server.cut();
      await server.put(channel, 'a', '2');
      await server.expireKey(channel, 'b');
      await untilLast(seen, { a: '2', b: 'removed', c: '1' });
      equal(
        seen.filter((text) => text.startsWith('b ') || text.startsWith('c')),
        ['c=1', 'b removed'],
        'each of them once',
      );
    },
  },
  {
    name: 'keeps the versions of a latest channel over a change of the transport',
    transports: OVER_SOCKET,
    async run(context) {
      const { connect, server } = context;
      const channel = nameOf(context);
      const connection = connect();
      const subscription = connection.subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      const expected: string[] = [];
      for (const [nth, transport] of (['sse', 'poll', 'websocket', 'sse'] as const).entries()) {
        connection.use(transport);
        await server.put(channel, 'a', `${nth}`);
        expected.push(`a=${nth}`);
        await untilSeen(seen, expected, `over ${transport}`);
        await until(() => subscription.status.status === 'live' && subscription.status.transport === transport, `live over ${transport}`);
      }
      equal(seen, expected, 'nothing was repeated');
    },
  },
  {
    name: 'gives a slow reader the newest event of each key, and does not pause',
    transports: LANES,
    async run(context) {
      const { connect, server } = context;
      const channel = nameOf(context);
      const subscription = connect({ bufferLimit: 2 }).subscribe(channel);
      const statuses: string[] = [];
      subscription.addEventListener('status', ({ detail }) => statuses.push(detail.status));
      await server.put(channel, 'x', '0');
      await subscription.ready;
      const iterator = subscription[Symbol.asyncIterator]();
      const read = async () => {
        const { value } = await iterator.next();
        return value && toText(value);
      };
      equal(await read(), 'x=0', 'the first');
      for (let version = 1; version <= 10; version++) for (const key of ['a', 'b', 'c']) await server.put(channel, key, `${version}`);
      await server.put(channel, 'x');
      // Over the same transport, so that everything before it has come, too: it is handed over last.
      await server.put(channel, 'end', '1');
      const got: (string | undefined)[] = [];
      while (got.at(-1) !== 'end=1') {
        await new Promise((resolve) => setTimeout(resolve, 20));
        got.push(await read());
      }
      for (const key of ['a', 'b', 'c']) {
        const versions = got.filter((text) => text?.startsWith(key));
        equal(versions.at(-1), `${key}=10`, `the last of ${key}`);
        truthy(versions.length < 5, `most versions of ${key} are skipped: ${versions}`);
      }
      truthy(got.includes('x removed'), 'the removal');
      truthy(!statuses.includes('paused'), `it does not pause: ${statuses}`);
    },
  },
  {
    name: 'publishes on a latest channel, and removes keys',
    transports: LANES,
    async run(context) {
      const { connect } = context;
      const channel = nameOf(context);
      const connection = connect();
      const subscription = connection.subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      const first = await connection.publish(channel, { conflationKey: 'a', data: '1' });
      const second = await connection.publish(channel, { conflationKey: 'a', type: 'note', data: '2' });
      const fields = ({ channel: on, id, conflationKey }: Published) => [on, id, conflationKey];
      equal(
        [fields(first), fields(second)],
        [
          [channel, '', 'a'],
          [channel, '', 'a'],
        ],
        'the answers',
      );
      truthy(first.version !== second.version && second.publishedAt, 'each has its version and its time');
      const batch = await connection.publishAll(channel, [
        { conflationKey: 'b', data: '1' },
        { conflationKey: 'a', removed: true },
      ]);
      equal(
        batch.map(({ conflationKey }) => conflationKey),
        ['b', 'a'],
        'the answers to a batch',
      );
      await untilLast(seen, { a: 'removed', b: '1' });
    },
  },
  {
    name: 'is told when a latest channel has no room for a key, and does not try again',
    transports: LANES,
    async run(context) {
      const { connect, server } = context;
      const channel = nameOf(context);
      for (const key of numbered('k', 1, MAX_STUB_KEYS)) await server.put(channel, key, '');
      const connection = connect();
      for (const publish of [
        () => connection.publish(channel, { conflationKey: 'more', data: '' }),
        () => connection.publishAll(channel, [{ conflationKey: 'more', data: '' }]),
      ]) {
        const error = await thrownBy(publish);
        truthy(error instanceof LanesError && error.code === 'too_many_keys' && error.final, `the error ${error}`);
      }
    },
  },
  {
    name: 'ends with the last version of each key, however changes are repeated, reordered and lost',
    transports: OVER_SOCKET,
    async run(context) {
      const { connect, server } = context;
      const channel = nameOf(context);
      const subscription = connect({ pingIntervalMs: 100 }).subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await server.set({ double: true, reorder: true, dropEvery: 4 });
      for (let version = 1; version <= 20; version++) for (const key of ['a', 'b', 'c']) await server.put(channel, key, `${version}`);
      await server.put(channel, 'c');
      await untilLast(seen, { a: '20', b: '20', c: 'removed' });
      for (const key of ['a', 'b', 'c']) {
        const versions = seen.filter((text) => text.startsWith(`${key}=`)).map((text) => Number(text.slice(2)));
        equal(
          versions,
          [...new Set(versions)].sort((one, other) => one - other),
          `versions of ${key}`,
        );
      }
    },
  },
  {
    name: 'finds a change of a latest channel that was lost, and asks again only for its channel',
    transports: OVER_SOCKET,
    async run(context) {
      const { connect, server } = context;
      const channel = nameOf(context);
      const connection = connect({ pingIntervalMs: 100 });
      const subscriptions = [1, 2, 3].map((nth) => connection.subscribe(`${channel}.${nth}`));
      const [, seen = []] = subscriptions.map(record);
      await Promise.all(subscriptions.map(({ ready }) => ready));
      await server.put(`${channel}.2`, 'b', '1');
      await server.set({ dropEvery: 1 });
      await server.put(`${channel}.2`, 'a', 'lost');
      await server.expireKey(`${channel}.2`, 'b');
      await untilSeen(seen, ['b=1', 'a=lost', 'b removed'], 'items');
      await untilChecked(server);
      equal((await server.stats()).subscribes, 4, 'frames that subscribe');
    },
  },
  {
    name: 'subscribes again to a latest channel where the server has forgotten the subscription',
    transports: OVER_SOCKET,
    async run(context) {
      const { connect, server } = context;
      const channel = nameOf(context);
      const subscription = connect({ pingIntervalMs: 100 }).subscribe(channel);
      const seen = record(subscription);
      await subscription.ready;
      await server.forget(channel);
      await until(async () => (await server.stats()).subscriptions === 1, 'subscribed again');
      await server.put(channel, 'a', 'live');
      await untilSeen(seen, ['a=live'], 'live');
    },
  },
  {
    name: 'does not forget a change that overtakes the snapshot',
    transports: OVER_SOCKET,
    async run(context) {
      const { connect, server } = context;
      const channel = nameOf(context);
      await server.put(channel, 'a', '1');
      await server.put(channel, 'b', '1');
      await server.set({ slowSnapshots: 100 });
      const subscription = connect().subscribe(channel);
      const seen = record(subscription);
      await until(async () => (await server.stats()).delivered === 2, 'the snapshot is taken');
      await server.put(channel, 'new', '1');
      await server.put(channel, 'a', '2');
      await server.put(channel, 'b');
      await subscription.ready;
      equal(seen, ['new=1', 'a=2'], 'items');
      await server.set({ slowSnapshots: 0 });
      await server.put(channel, 'b', '3');
      await untilSeen(seen, ['new=1', 'a=2', 'b=3'], 'then live');
    },
  },
];
