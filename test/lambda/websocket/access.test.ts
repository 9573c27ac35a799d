import { beforeEach, expect, test } from '@jest/globals';
import type { ClientFrame } from '../../../packages/protocol/index.ts';
import { openSocket } from './support/socket.ts';

type Socket = Awaited<ReturnType<typeof openSocket>>;

let socket: Socket;

/** The token of `c1` lasts for a minute, and allows `orders.` to read and `chat` to write. */
beforeEach(async () => {
  socket = await openSocket();
  const nowMs = socket.clock.nowMs();
  await socket.store.open({
    connectionId: 'c1',
    principal: 'ann',
    rights: { subscribe: ['orders.*'], publish: ['chat'] },
    connectedAtMs: nowMs,
    expiresAtMs: nowMs + 60_000,
  });
});

test('what the token allows is executed', async () => {
  expect(await socket.send({ action: 'subscribe', channel: 'orders.1' })).toMatchObject([{ kind: 'subscribed' }]);
  expect(await socket.send({ action: 'publish', channel: 'chat', data: 'x' })).toMatchObject([{ kind: 'published' }]);
});

test.each<[string, ClientFrame]>([
  ['subscribing to another channel', { action: 'subscribe', channel: 'chat', requestId: '1' }],
  ['publishing to another channel', { action: 'publish', channel: 'orders.1', data: 'x', requestId: '1' }],
])('%s is forbidden, with an error that names the channel', async (_, frame) => {
  const channel = 'channel' in frame ? frame.channel : '';
  expect(await socket.send(frame)).toEqual([
    { kind: 'error', code: 'forbidden', message: expect.stringContaining(`"${channel}"`), requestId: '1' },
  ]);
  expect((await socket.store.subscribers(channel, 10)).subscribers).toEqual([]);
  expect(await socket.log.heads([channel])).toEqual(new Map());
});

test('a subscription that is now forbidden can still be ended', async () => {
  expect(await socket.send({ action: 'unsubscribe', channel: 'chat' })).toMatchObject([{ kind: 'unsubscribed' }]);
});

test.each<ClientFrame>([
  { action: 'subscribe', channel: 'orders.1' },
  { action: 'unsubscribe', channel: 'orders.1' },
  { action: 'publish', channel: 'chat', data: 'x' },
  { action: 'ping' },
])('after the token has expired, $action is refused for that reason', async (frame) => {
  await socket.clock.advance(60_000);
  expect(await socket.send(frame)).toMatchObject([{ kind: 'error', code: 'token_expired' }]);
});

test('after the token has expired, nothing is delivered', async () => {
  await socket.send({ action: 'subscribe', channel: 'orders.1' });
  await socket.clock.advance(60_000);
  expect((await socket.store.subscribers('orders.1', 10)).subscribers).toEqual([]);
});

test('a frame of a connection without a row is told to connect again', async () => {
  await socket.store.close('c1');
  expect(await socket.send({ action: 'publish', channel: 'chat', data: 'x' })).toMatchObject([
    { kind: 'error', code: 'connection_unknown' },
  ]);
});
