import { beforeEach, expect, test } from '@jest/globals';
import type { EventLog } from '../../../backbone/ports.ts';
import { MAX_CHANNELS_PER_CONNECTION } from '../../../lambda/websocket/domain/connection.ts';
import { openSocket } from './support/socket.ts';

const PING = { action: 'ping', heads: true };

let socket: Awaited<ReturnType<typeof openSocket>>;

beforeEach(async () => {
  socket = await openSocket();
});

/** The log, and how often it was asked for heads, and of which channels. */
function countingLog() {
  const asked: (readonly string[])[] = [];
  const log: Pick<EventLog, 'heads'> = {
    heads: (channels) => {
      asked.push(channels);
      return socket.log.heads(channels);
    },
  };
  return { log, asked };
}

test('a pong says where the log is, for each channel of the connection', async () => {
  await socket.send({ action: 'subscribe', channel: 'demo' });
  await socket.send({ action: 'subscribe', channel: 'quiet' });
  const { epoch } = await socket.publish('1');
  await socket.publish('2');
  await socket.publish('elsewhere', 'other');
  expect(await socket.send({ ...PING, requestId: 'r1' })).toEqual([
    { kind: 'pong', heads: { demo: `${epoch}.2`, quiet: '0.0' }, requestId: 'r1' },
  ]);
});

test('a seq that is assigned and not written yet counts', async () => {
  await socket.send({ action: 'subscribe', channel: 'demo' });
  const { epoch } = await socket.log.allocate('demo');
  expect(await socket.send(PING)).toEqual([{ kind: 'pong', heads: { demo: `${epoch}.1` } }]);
});

test('a channel that the connection has left is not among the heads', async () => {
  for (const channel of ['left', 'kept']) await socket.send({ action: 'subscribe', channel });
  await socket.send({ action: 'unsubscribe', channel: 'left' });
  expect(await socket.send(PING)).toEqual([{ kind: 'pong', heads: { kept: '0.0' } }]);
});

test('a connection without channels gets no heads', async () => {
  expect(await socket.send(PING)).toEqual([{ kind: 'pong', heads: {} }]);
});

test('the heads of all channels are read at once, and fit one message that API Gateway bills', async () => {
  const { log, asked } = countingLog();
  for (let nth = 0; nth < MAX_CHANNELS_PER_CONNECTION; nth++) {
    const channel = `${nth}`.padStart(128, 'x');
    await socket.store.subscribe('c1', channel);
    await socket.publish('x', channel);
  }
  const [pong] = await socket.send(PING, { deps: { log } });
  expect(asked.map(({ length }) => length)).toEqual([MAX_CHANNELS_PER_CONNECTION]);
  expect(JSON.stringify(pong).length).toBeLessThan(32_768);
});

test.each([{ action: 'ping' }, { action: 'ping', heads: false }])('%j is answered without reading the log', async (frame) => {
  const { log, asked } = countingLog();
  await socket.send({ action: 'subscribe', channel: 'demo' });
  expect(await socket.send(frame, { deps: { log } })).toEqual([{ kind: 'pong' }]);
  expect(asked).toEqual([]);
});

test('a channel whose name every object knows is one like any other', async () => {
  for (const channel of ['__proto__', 'constructor']) await socket.send({ action: 'subscribe', channel });
  const [pong] = await socket.send(PING);
  expect(Object.entries((pong as { readonly heads: object }).heads)).toEqual([
    ['__proto__', '0.0'],
    ['constructor', '0.0'],
  ]);
});

test('a ping costs one answer of its principal, however many channels the connection has', async () => {
  const counted: number[] = [];
  for (const channel of ['a', 'b', 'c']) await socket.send({ action: 'subscribe', channel });
  const answers = {
    perSecond: 10,
    take: async (_: string, posts: number) => {
      counted.push(posts);
      return { kind: 'allowed' } as const;
    },
  };
  await socket.send(PING, { deps: { answers } });
  expect(counted).toEqual([1]);
});
