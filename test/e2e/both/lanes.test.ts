import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectHttp2, openSse, openSse2, poll, post, publish } from '../sse/support/streams.ts';
import { freshChannel } from '../support/clients.ts';
import { type Run, startRun } from '../support/run.ts';
import { openSocket, subscribeSocket } from '../websocket/support/sockets.ts';

const EVENTS = 1000;
const CONNECTIONS = 50;
const PUBLISHERS = 8;
const PATIENCE_MS = 240_000;

const seqOf = (id: string) => Number(id.split('.')[1]);

let run: Run;

beforeAll(async () => {
  run = await startRun();
}, 60_000);

afterAll(async () => {
  await run.stop();
}, 30_000);

test('the run has a separate address for each way to reach a lane', () => {
  const { http, https, websocket, endpoint } = run.urls;
  expect(new Set([http, https, websocket, endpoint].map((url) => new URL(url).port)).size).toBe(4);
});

test('one publish arrives with the same id over SSE on HTTP/1.1, SSE on HTTP/2, the WebSocket lane and a poll', async () => {
  const channel = freshChannel('same');
  const session = connectHttp2(run.urls.https);
  const one = await openSse(run.urls.http, `channel=${channel}`);
  const two = await openSse2(session, `channel=${channel}`);
  const socket = await subscribeSocket(run.urls.websocket, channel);
  const baseline = await poll(run.urls.http, `channel=${channel}`);

  const answer = await publish(run.urls.http, channel, 'hello');

  expect(answer).toEqual({ channel, id: expect.stringMatching(/^[a-z0-9]+\.1$/), publishedAt: expect.any(String) });
  expect(await one.events.count(1)).toEqual([{ id: answer.id, event: undefined, data: 'hello' }]);
  expect(await two.events.count(1)).toEqual([{ id: answer.id, event: undefined, data: 'hello' }]);
  expect(await socket.ofKind('event')).toEqual([{ kind: 'event', type: 'message', data: 'hello', ...answer }]);
  expect(await poll(run.urls.http, `channel=${channel}&after=${baseline.cursor}`)).toEqual({
    events: [{ type: 'message', data: 'hello', ...answer }],
    cursor: answer.id,
  });
  for (const stream of [one, two, socket]) stream.close();
  session.close();
});

test('a publish over the WebSocket arrives on both lanes, and the publisher learns its id', async () => {
  const channel = freshChannel('up');
  const stream = await openSse(run.urls.http, `channel=${channel}`);
  const socket = await subscribeSocket(run.urls.websocket, channel);

  socket.send({ action: 'publish', channel, type: 'note', data: 'a\r\nb\rc', requestId: 'r1' });

  const [published] = await socket.ofKind('published');
  expect(published).toEqual({ kind: 'published', channel, id: expect.any(String), requestId: 'r1' });
  expect(await stream.events.count(1)).toEqual([{ id: published?.id, event: 'note', data: 'a\nb\nc' }]);
  expect(await socket.ofKind('event')).toMatchObject([{ id: published?.id, type: 'note', data: 'a\nb\nc' }]);
  stream.close();
  socket.close();
});

test('a client changes lanes in mid-stream without a gap or a repeat', async () => {
  const channel = freshChannel('change');
  const stream = await openSse(run.urls.http, `channel=${channel}`);
  await publish(run.urls.http, channel, '1');
  await stream.events.count(1);
  stream.close();
  await publish(run.urls.http, channel, '2');

  const socket = await subscribeSocket(run.urls.websocket, channel, stream.lastId());
  const [missed] = await socket.ofKind('event');
  socket.close();
  await publish(run.urls.http, channel, '3');
  const back = await openSse(run.urls.http, `channel=${channel}`, { 'last-event-id': missed?.id ?? '' });

  expect(missed?.data).toBe('2');
  expect((await back.events.count(1)).map((event) => event.data)).toEqual(['3']);
  back.close();
});

test('a cursor of another epoch is answered with reset and then live events, on both lanes and on polls', async () => {
  const channel = freshChannel('reset');
  const before = await publish(run.urls.http, channel, 'before');
  const stream = await openSse(run.urls.http, `channel=${channel}`, { 'last-event-id': 'zzzzzz.7' });
  const socket = await openSocket(run.urls.websocket);
  socket.send({ action: 'subscribe', channel, after: 'zzzzzz.7' });
  await socket.ofKind('caughtUp');

  await publish(run.urls.http, channel, 'after');

  const [reset, live] = await stream.events.count(2);
  expect(reset).toMatchObject({ event: 'reset', data: expect.stringContaining('epoch_changed') });
  expect(live?.data).toBe('after');
  expect(await socket.ofKind('reset')).toEqual([{ kind: 'reset', channel, reason: 'epoch_changed' }]);
  expect((await socket.ofKind('event')).map((event) => event.data)).toEqual(['after']);
  const polled = await poll(run.urls.http, `channel=${channel}&after=zzzzzz.7`);
  expect(polled.resets).toEqual([{ channel, reason: 'epoch_changed' }]);
  expect(before.id).not.toBe(polled.cursor);
  stream.close();
  socket.close();
});

test('a refused request does not affect other clients', async () => {
  const channel = freshChannel('calm');
  const stream = await openSse(run.urls.http, `channel=${channel}`);
  const socket = await subscribeSocket(run.urls.websocket, channel);
  const noisy = await openSocket(run.urls.websocket);
  noisy.send('}{');
  noisy.socket.send(Buffer.from([0, 1, 2]));
  await post(run.urls.http, channel, '}{');

  const { id } = await publish(run.urls.http, channel, 'calm');

  expect((await stream.events.count(1))[0]?.id).toBe(id);
  expect((await socket.ofKind('event'))[0]?.id).toBe(id);
  for (const client of [stream, socket, noisy]) client.close();
});

test(
  '1,000 events reach 50 streams, in order and once, and 50 sockets, every one',
  async () => {
    const channel = freshChannel('scale');
    const streams = await Promise.all(Array.from({ length: CONNECTIONS }, () => openSse(run.urls.http, `channel=${channel}`)));
    const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => subscribeSocket(run.urls.websocket, channel)));

    let next = 0;
    const acknowledged = new Map<string, string>();
    await Promise.all(
      Array.from({ length: PUBLISHERS }, async () => {
        while (next < EVENTS) {
          const data = `event ${next++}`;
          acknowledged.set((await publish(run.urls.http, channel, data)).id, data);
        }
      }),
    );

    // A publication that had to take a new seq leaves a tombstone behind, so the seqs may have holes.
    const expected = [...acknowledged.keys()].sort((a, b) => seqOf(a) - seqOf(b));
    expect(expected).toHaveLength(EVENTS);
    for (const stream of streams) {
      const events = await stream.events.count(EVENTS, PATIENCE_MS);
      expect(events.map((event) => event.id)).toEqual(expected);
      expect(events.map((event) => event.data)).toEqual(expected.map((id) => acknowledged.get(id)));
    }
    for (const socket of sockets) {
      await socket.frames.until(
        (frames) => new Set(frames.flatMap((frame) => (frame.kind === 'event' ? [frame.id] : []))).size === EVENTS,
        PATIENCE_MS,
      );
    }
    for (const connection of [...streams, ...sockets]) connection.close();
  },
  PATIENCE_MS + 30_000,
);
