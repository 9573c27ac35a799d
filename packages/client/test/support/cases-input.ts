import { type Connection, LanesError } from '../../src/index.ts';
import { equal, thrownBy } from './checks.ts';
import type { Case } from './control.ts';

const EVERY = ['sse', 'poll', 'websocket', 'auto'] as const;

/** What neither a header nor a path can carry, or not as it is. */
const UNSENDABLE: readonly unknown[] = ['заказ-1', 'line\nfeed', 'lone \ud800', '\ud800', '\ufeffmark', 'sp ace', 'end\n'];
const UNNAMABLE = [...UNSENDABLE, '', 'x'.repeat(129), 7n, null];

async function codeOf(act: () => unknown): Promise<readonly unknown[]> {
  const error = await thrownBy(act);
  return error instanceof LanesError ? [error.code, error.final] : [String(error)];
}

/** Each value makes the act fail with the code. */
async function refused(values: readonly unknown[], code: string, act: (value: never) => unknown): Promise<void> {
  for (const value of values) equal(await codeOf(() => act(value as never)), [code, true], `${code} of ${String(value)}`);
}

function publish(connection: Connection, channel: string, event: object): Promise<unknown> {
  return connection.publish(channel, { data: 'e 1', ...event });
}

/** Mistakes of the application, which no retry can mend. */
export const INPUT_CASES: readonly Case[] = [
  {
    name: 'refuses at once, and without a request, a channel that cannot exist',
    transports: EVERY,
    async run({ connect, server }) {
      const connection = connect();
      const values = [...UNNAMABLE, '.', '..', 'a/b', '%2e%2e'];
      await refused(values, 'invalid_channel', (channel) => connection.subscribe(channel).ready);
      await refused(values, 'invalid_channel', (channel) => publish(connection, channel, {}));
      const { opened, publishedByHttp, publishedBySocket } = await server.stats();
      equal([opened, publishedByHttp, publishedBySocket], [0, 0, 0], 'requests');
    },
  },
  {
    name: 'refuses at once, and without a request, an event that cannot be published',
    transports: EVERY,
    async run({ connect, server, channel }) {
      const connection = connect();
      await refused(UNNAMABLE, 'invalid_key', (key) => publish(connection, channel, { key }));
      await refused(UNNAMABLE, 'invalid_type', (type) => publish(connection, channel, { type }));
      await refused([7n, {}, undefined, null], 'invalid_data', (data) => publish(connection, channel, { data }));
      const batch = await thrownBy(() => connection.publishAll(channel, [{ data: 'e 1' }, { type: 'a b', data: 'e 2' }]));
      equal((batch as Error).message.slice(0, 11), 'events[1]: ', 'what the message begins with');
      const { opened, publishedByHttp, publishedBySocket } = await server.stats();
      equal([opened, publishedByHttp, publishedBySocket], [0, 0, 0], 'requests');
    },
  },
  {
    name: 'refuses at once, and without a request, a token that cannot be sent',
    transports: EVERY,
    async run({ connect, server, channel }) {
      for (const asFunction of [false, true]) {
        const open = (token: string) => connect({ token: asFunction ? () => token : token });
        await refused(UNSENDABLE, 'invalid_token', (token) => open(token).subscribe(channel).ready);
        await refused(UNSENDABLE, 'invalid_token', (token) => publish(open(token), channel, {}));
      }
      const { opened, publishedByHttp, publishedBySocket } = await server.stats();
      equal([opened, publishedByHttp, publishedBySocket], [0, 0, 0], 'requests');
    },
  },
  {
    name: 'takes a token that only a header can carry, and refuses it on a socket',
    transports: EVERY,
    async run({ connect, channel, transport }) {
      const { ready } = connect({ token: 'base64/as+it=' }).subscribe(channel);
      if (transport !== 'websocket') return ready;
      equal(await codeOf(() => ready), ['invalid_token', true], 'the error');
    },
  },
  {
    name: 'publishes with every character that a key may have',
    transports: EVERY,
    async run({ connect, server, channel }) {
      const key = Array.from({ length: 94 }, (_, n) => String.fromCharCode(0x21 + n)).join('');
      const connection = connect();
      const ids = [await connection.publish(channel, { data: 'once', key }), await connection.publish(channel, { data: 'once', key })];
      equal(ids[1]?.id, ids[0]?.id, 'id');
      equal((await server.events(channel)).length, 1, 'events');
    },
  },
];
