import { beforeEach, expect, test } from '@jest/globals';
import { POST_WINDOW_MS } from '../../../lambda/websocket/domain/post-window.ts';
import { headOf } from '../../support/head-of.ts';
import { LIMITS, openSocket } from './support/socket.ts';

type Socket = Awaited<ReturnType<typeof openSocket>>;

const MOST = (LIMITS.responsesPerSecond * POST_WINDOW_MS) / 1_000;

let socket: Socket;

beforeEach(async () => {
  socket = await openSocket();
  await socket.clock.advance(POST_WINDOW_MS - (socket.clock.nowMs() % POST_WINDOW_MS));
  await open('c1', 'ann');
});

function open(connectionId: string, principal: string): Promise<unknown> {
  const connectedAtMs = socket.clock.nowMs();
  const rights = { subscribe: ['*'], publish: ['*'] };
  return socket.store.open({ connectionId, principal, rights, connectedAtMs, expiresAtMs: connectedAtMs + 600_000 });
}

test.each<[string, object | string]>([
  ['pings', { action: 'ping' }],
  ['frames that are not JSON', 'x'.repeat(30_000)],
  ['unknown actions', { action: 'jump' }],
  ['subscriptions', { action: 'subscribe', channel: 'demo' }],
  ['subscriptions to what is forbidden', { action: 'subscribe', channel: 'a b' }],
  ['unsubscriptions', { action: 'unsubscribe', channel: 'demo' }],
  ['publications', { action: 'publish', channel: 'demo', data: 'x' }],
])('a flood of %s is answered so often, refused as often, and then ends the connection', async (_, frame) => {
  for (let sent = 0; sent < 3 * MOST; sent++) await socket.send(frame);
  const answers = socket.poster.sentTo('c1');
  expect(answers).toHaveLength(2 * MOST);
  expect(answers.filter((answer) => answer.kind === 'error' && answer.code === 'throttled')).toHaveLength(MOST);
  expect(new Set(socket.ended)).toEqual(new Set(['c1']));
});

test('whoever is refused is told when to try again, with the id of the request, and is counted', async () => {
  for (let sent = 0; sent < MOST; sent++) await socket.send({ action: 'ping' });
  await socket.clock.advance(POST_WINDOW_MS - 500);
  expect(await socket.send({ action: 'ping', requestId: 'r1' })).toEqual([
    {
      kind: 'error',
      code: 'throttled',
      message: expect.stringContaining('at most 10 answers a second'),
      retryAfterMs: 500,
      requestId: 'r1',
    },
  ]);
  expect(socket.lines).toContainEqual(expect.objectContaining({ LimitedFrames: 1 }));
  await socket.clock.advance(500);
  expect(await socket.send({ action: 'ping' })).toEqual([{ kind: 'pong' }]);
});

test('connections of one principal share what it may have, and others have their own', async () => {
  await open('c2', 'ann');
  await open('c3', 'bob');
  for (let sent = 0; sent < MOST; sent++) await socket.send({ action: 'ping' }, { connectionId: 'c2' });
  expect(await socket.send({ action: 'ping' })).toMatchObject([{ code: 'throttled' }]);
  expect(await socket.send({ action: 'ping' }, { connectionId: 'c3' })).toEqual([{ kind: 'pong' }]);
});

test('a connection without a row is told so, and ended: whose it was is not known, so nothing could be counted', async () => {
  await socket.store.close('c1');
  expect(await socket.send({ action: 'ping' })).toMatchObject([{ code: 'connection_unknown' }]);
  expect(socket.ended).toEqual(['c1']);
});

test('repairs of small gaps are counted by their posts: whoever has used its own up is served by the queue', async () => {
  for (let n = 1; n <= 10; n++) await socket.publish(`e${n}`);
  const { epoch } = await headOf(socket.log, 'demo');
  const small = { action: 'subscribe', channel: 'demo', after: `${epoch}.0` };
  for (let sent = 0; sent < 9; sent++) await socket.send(small);
  // `subscribed`, ten events, `caughtUp`: the ninth would be more than is left.
  expect(socket.poster.sentTo('c1')).toHaveLength(8 * 12 + 1);
  expect(socket.replayQueue.jobs).toHaveLength(1);
});
