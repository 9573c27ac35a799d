import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freshChannel } from '../support/clients.ts';
import { type Run, startRun } from '../support/run.ts';
import { openSocket, publishBySocket, subscribeSocket } from './support/sockets.ts';

let run: Run;

beforeAll(async () => {
  run = await startRun();
}, 60_000);

afterAll(async () => {
  await run.stop();
}, 30_000);

test('a WebSocket that subscribes with `after` gets what it missed and is told when it has caught up', async () => {
  const channel = freshChannel('after');
  const early = await subscribeSocket(run.urls.websocket, channel);
  const after = await publishBySocket(run.urls.websocket, channel, '1');
  for (const data of ['2', '3']) await publishBySocket(run.urls.websocket, channel, data);
  // The fan-out is done with them, so that what comes to the next socket is the replay alone.
  await early.ofKind('event', 3);

  const socket = await openSocket(run.urls.websocket);
  socket.send({ action: 'subscribe', channel, after });

  await socket.ofKind('caughtUp');
  expect(socket.frames.items.map((frame) => frame.kind)).toEqual(['subscribed', 'event', 'event', 'caughtUp']);
  expect((await socket.ofKind('event', 2)).map((event) => event.data)).toEqual(['2', '3']);
  for (const each of [early, socket]) each.close();
});

test('events that are published together come in one frame to who accepts that, and one by one to others', async () => {
  const channel = freshChannel('batch');
  const [several, single] = [await openSocket(run.urls.websocket), await openSocket(run.urls.websocket)];
  several.send({ action: 'subscribe', channel, batch: true });
  single.send({ action: 'subscribe', channel });
  await Promise.all([several.ofKind('subscribed'), single.ofKind('subscribed')]);

  single.send({ action: 'publish', channel, events: [{ data: '1' }, { type: 'note', data: '2' }], requestId: 'p' });

  const [answer] = await single.ofKind('publishedBatch');
  const ids = answer?.events.map((result) => ('id' in result ? result.id : undefined));
  expect(answer).toMatchObject({ channel, requestId: 'p', events: [{ id: expect.any(String) }, { id: expect.any(String) }] });
  expect(await several.ofKind('events')).toMatchObject([
    {
      channel,
      events: [
        { id: ids?.[0], type: 'message', data: '1' },
        { id: ids?.[1], type: 'note', data: '2' },
      ],
    },
  ]);
  expect((await single.ofKind('event', 2)).map(({ id, data }) => [id, data])).toEqual([
    [ids?.[0], '1'],
    [ids?.[1], '2'],
  ]);
  for (const each of [several, single]) each.close();
});

test.each([
  ['text that is no JSON', 'hello', 'invalid_frame', 'hello'],
  ['JSON that is no object', '[1]', 'invalid_frame', '[1]'],
  ['no action', '{"channel":"demo"}', 'unknown_action', 'subscribe'],
  ['an unknown action', '{"action":"dance"}', 'unknown_action', 'dance'],
  ['a bad channel', '{"action":"subscribe","channel":"a b"}', 'invalid_channel', 'a b'],
  ['a bad cursor', '{"action":"subscribe","channel":"demo","after":"nonsense"}', 'invalid_cursor', 'nonsense'],
  ['data over the limit', JSON.stringify({ action: 'publish', channel: 'demo', data: 'x'.repeat(96 * 1024 + 1) }), 'data_too_large', ''],
])('a frame with %s is answered with an error frame, and the connection stays open', async (_name, frame, code, named) => {
  const socket = await openSocket(run.urls.websocket);
  // A frame above 32 KB is not API Gateway's to take, so a large message travels in several.
  for (let at = 0; at < frame.length; at += 16_384) {
    socket.socket.send(frame.slice(at, at + 16_384), { fin: at + 16_384 >= frame.length });
  }
  const [error] = await socket.ofKind('error');
  socket.send({ action: 'ping', requestId: 'still here' });

  expect(error).toMatchObject({ kind: 'error', code });
  expect(error?.message).toContain(named);
  expect(await socket.ofKind('pong')).toEqual([{ kind: 'pong', requestId: 'still here' }]);
  socket.close();
});
