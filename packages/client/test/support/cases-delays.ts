import { DEFAULTS } from '../../src/index.ts';
import { aMoment, equal, record, until, untilSeen } from './checks.ts';
import type { Case, ServerControl } from './control.ts';

const LANES = ['sse', 'poll', 'websocket'] as const;

/** Timers fire at once when they are set to more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const TOO_LONG_MS = [LONGEST_TIMER_MS + 1, Number.MAX_VALUE, Number.POSITIVE_INFINITY];

async function requests(server: ServerControl): Promise<number> {
  const { opened, subscribes, pings } = await server.stats();
  return opened + subscribes + pings;
}

/** Every `…Ms` option, set to the same time. */
function everyTime(ms: number): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.keys(DEFAULTS)
      .filter((name) => name.endsWith('Ms'))
      .map((name) => [name, ms]),
  );
}

/** Delays longer than a timer can be. */
export const DELAY_CASES: readonly Case[] = [
  ...[2_592_000, '9'.repeat(400), 'Fri, 31 Dec 9999 23:59:59 GMT'].map(
    (retryAfter): Case => ({
      name: `waits when the server says Retry-After: ${`${retryAfter}`.slice(0, 30)}`,
      transports: ['sse', 'poll', 'auto'],
      async run({ connect, server, channel }) {
        const connection = connect();
        const subscription = connection.subscribe(channel);
        await subscription.ready;
        await server.set({ failures: { times: 1, status: 503, retryAfter } });
        await server.cut();
        await until(() => subscription.status.error?.status === 503, 'waiting');
        await aMoment();
        connection.retryNow();
        await aMoment();
        equal([subscription.status.status, subscription.status.error?.status], ['waiting', 503], 'status');
      },
    }),
  ),
  {
    name: 'waits when the stream asks for a long retry',
    transports: ['sse', 'auto'],
    async run({ connect, server, channel }) {
      await server.set({ retryMs: 9_999_999_999 });
      const subscription = connect().subscribe(channel);
      await subscription.ready;
      await server.cut();
      await until(() => subscription.status.status === 'waiting', 'waiting');
      await aMoment();
      equal([subscription.status.status, (await server.stats()).opened], ['waiting', 1], 'status, and streams opened');
    },
  },
  {
    name: 'waits when a limit asks for it',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      const { id } = await server.publish(channel, 'e 1');
      await server.set({ limitedReplays: 1, retryMs: 9_999_999_999 });
      const subscription = connect().subscribe(channel, { after: id });
      await subscription.ready;
      await aMoment();
      equal((await server.stats()).subscribes, 1, 'requests to subscribe');
    },
  },
  ...TOO_LONG_MS.map(
    (ms): Case => ({
      name: `does nothing early when every time is ${ms}`,
      transports: [...LANES, 'auto'],
      async run({ connect, server, channel }) {
        const connection = connect(everyTime(ms));
        const subscription = connection.subscribe(channel);
        const seen = record(subscription);
        await subscription.ready;
        await connection.publish(channel, { data: 'e 1' });
        await untilSeen(seen, ['e 1'], 'events');
        // A poll that brought something is followed by the next one at once.
        await aMoment();
        const before = await requests(server);
        await aMoment();
        equal([await requests(server), subscription.status.status], [before, 'live'], 'requests and status');
      },
    }),
  ),
  ...TOO_LONG_MS.map(
    (ms): Case => ({
      name: `does not reconnect early when the first wait is ${ms}`,
      transports: LANES,
      async run({ connect, server, channel }) {
        await server.set({ failures: { times: 1, status: 500 } });
        const subscription = connect({ reconnectMinMs: ms, reconnectMaxMs: ms }).subscribe(channel);
        await until(() => subscription.status.status === 'waiting', 'waiting');
        await aMoment();
        equal(subscription.status.status, 'waiting', 'status');
      },
    }),
  ),
];
