import { LanesError } from '../../src/index.ts';
import { equal, thrownBy, truthy } from './checks.ts';
import type { Case } from './control.ts';

const LANES = ['sse', 'poll', 'websocket'] as const;

export const PUBLISH_CASES: readonly Case[] = [
  {
    name: 'publishes and returns the id',
    transports: [...LANES, 'auto'],
    async run({ connect, server, channel, transport }) {
      const published = await connect().publish(channel, { type: 'note', data: 'hello' });
      const [event] = await server.events(channel);
      equal([event?.type, event?.data], ['note', 'hello'], 'the event');
      equal([published.channel, published.id], [channel, event?.id], 'the answer');
      const { publishedByHttp, publishedBySocket } = await server.stats();
      equal([publishedByHttp, publishedBySocket], transport === 'websocket' ? [0, 1] : [1, 0], 'the way it went');
    },
  },
  {
    name: 'publishes bytes, and hands them out as bytes',
    transports: LANES,
    async run({ connect, channel }) {
      const connection = connect();
      const subscription = connection.subscribe(channel);
      await subscription.ready;
      const sent = [Uint8Array.from({ length: 70_000 }, (_, index) => index), new Uint8Array(), Uint8Array.of(0, 255, 13, 10).subarray(1)];
      await connection.publish(channel, { type: 'frame', data: sent[0] ?? '' });
      await connection.publishAll(channel, [...sent.slice(1).map((data) => ({ data })), { data: 'AA==' }]);
      const got: (string | undefined)[] = [];
      for await (const item of subscription) {
        if (item.kind !== 'event') continue;
        got.push(item.bytes?.join());
        if (item.encoding === undefined) {
          equal(item.data, 'AA==', 'the text');
          break;
        }
      }
      equal(got, [...sent.map((bytes) => bytes.join()), undefined], 'the bytes');
    },
  },
  {
    name: 'publishes once although the response is lost twice',
    transports: LANES,
    async run({ connect, server, channel }) {
      await server.set({ loseAnswers: 2 });
      await connect({ answerTimeoutMs: 100 }).publish(channel, { data: 'once' });
      equal(
        (await server.events(channel)).map(({ data }) => data),
        ['once'],
        'events',
      );
    },
  },
  {
    name: 'a key of the application publishes once over both lanes',
    transports: ['websocket'],
    async run({ connect, channel }) {
      const connection = connect();
      const first = await connection.publish(channel, { data: 'once', key: 'order-7' });
      connection.use('sse');
      const second = await connection.publish(channel, { data: 'once', key: 'order-7' });
      equal(second.id, first.id, 'id');
    },
  },
  {
    name: 'tries again while the server fails',
    transports: ['sse', 'poll'],
    async run({ connect, server, channel }) {
      await server.set({ failures: { times: 2, status: 503 } });
      await connect().publish(channel, { data: 'e 1' });
      equal((await server.stats()).publishedByHttp, 3, 'requests');
    },
  },
  {
    name: 'does not retry a refused publication',
    transports: ['sse', 'poll'],
    async run({ connect, server, channel }) {
      await server.set({ failures: { times: 1, status: 413 } });
      const error = await thrownBy(() => connect().publish(channel, { data: 'e 1' }));
      truthy(error instanceof LanesError && error.status === 413 && error.code === 'failed_413', 'the error');
      equal((await server.stats()).publishedByHttp, 1, 'requests');
    },
  },
  {
    name: 'gives up in the end, and reports the last error',
    transports: ['sse', 'poll'],
    async run({ connect, server, channel }) {
      await server.set({ failures: { times: 1_000, status: 500 } });
      const error = await thrownBy(() => connect({ publishTimeoutMs: 200 }).publish(channel, { data: 'e 1' }));
      truthy(error instanceof LanesError && error.code === 'publish_timeout' && /told to fail/.test(error.message), `the error: ${error}`);
    },
  },
  {
    name: 'a signal aborts a publication',
    transports: LANES,
    async run({ connect, server, channel }) {
      const connection = connect();
      await connection.publish(channel, { data: 'e 1' });
      await server.set({ mute: true, failures: { times: 1_000, status: 500 } });
      const error = await thrownBy(() => connection.publish(channel, { data: 'e 2' }, { signal: AbortSignal.timeout(50) }));
      truthy(error instanceof DOMException && error.name === 'TimeoutError', `the signal's reason: ${error}`);
    },
  },
  {
    name: 'publishes several events at once, in their order, and returns the id of each',
    transports: [...LANES, 'auto'],
    async run({ connect, server, channel, transport }) {
      const published = await connect().publishAll(channel, [{ data: 'e 1' }, { type: 'note', data: 'e 2' }]);
      const events = await server.events(channel);
      equal(
        events.map(({ type, data }) => `${type}: ${data}`),
        ['message: e 1', 'note: e 2'],
        'the events',
      );
      equal(
        published.map(({ id, publishedAt }) => `${channel} ${id} ${publishedAt}`),
        events.map(({ channel, id, publishedAt }) => `${channel} ${id} ${publishedAt}`),
        'the answer',
      );
      const { publishedByHttp, publishedBySocket } = await server.stats();
      equal([publishedByHttp, publishedBySocket], transport === 'websocket' ? [0, 1] : [1, 0], 'the way they went');
    },
  },
  {
    name: 'publishes a batch again until every event of it is acknowledged, each once',
    transports: LANES,
    async run({ connect, server, channel }) {
      await server.set({ loseEvents: 2 });
      const published = await connect().publishAll(channel, [{ data: 'e 1' }, { data: 'e 2' }], { key: 'order-7' });
      const events = await server.events(channel);
      equal(
        events.map(({ data }) => data),
        ['e 1', 'e 2'],
        'events',
      );
      equal(
        published.map(({ id }) => id),
        events.map(({ id }) => id),
        'ids',
      );
    },
  },
  {
    name: 'publishes over HTTP when the application stops waiting for a socket',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      await server.set({ failures: { times: 1, status: 503 } });
      const connection = connect({ reconnectMinMs: 1, reconnectMaxMs: 1 });
      const published = connection.publish(channel, { data: 'once' });
      connection.use('sse');
      await published;
      equal((await server.stats()).publishedBySocket, 0, 'publications on the socket');
      equal(
        (await server.events(channel)).map(({ data }) => data),
        ['once'],
        'events',
      );
    },
  },
  {
    name: 'publishes over HTTP what does not fit into a frame',
    transports: ['websocket'],
    async run({ connect, server, channel }) {
      const connection = connect();
      await connection.publish(channel, { data: '"'.repeat(20_000) });
      await connection.publish(channel, { data: 'small' });
      const { publishedByHttp, publishedBySocket } = await server.stats();
      equal([publishedByHttp, publishedBySocket], [1, 1], 'the way they went');
    },
  },
];
