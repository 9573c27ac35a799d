import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PollAnswer, Problem } from '../../backbone/protocol.ts';
import {
  authorization,
  connectHttp2,
  freshChannel,
  openSocket,
  openSse,
  openSse2,
  post,
  publish,
  publishBySocket,
  subscribeSocket,
} from './support/clients.ts';
import { type Run, startRun } from './support/run.ts';

let run: Run;

beforeAll(async () => {
  run = await startRun();
}, 60_000);

afterAll(async () => {
  await run.stop();
}, 30_000);

// lane: sse
async function poll(query: string): Promise<PollAnswer> {
  const response = await fetch(`${run.urls.http}/v1/events?${query}`, { headers: { ...authorization(), accept: 'application/json' } });
  expect(response.status).toBe(200);
  return (await response.json()) as PollAnswer;
}
// end lane

// lane: both
test('one publish arrives with the same id over SSE on HTTP/1.1, SSE on HTTP/2, the WebSocket lane and a poll', async () => {
  const channel = freshChannel('same');
  const session = connectHttp2(run.urls.https);
  const one = await openSse(run.urls.http, `channel=${channel}`);
  const two = await openSse2(session, `channel=${channel}`);
  const socket = await subscribeSocket(run.urls.websocket, channel);
  const baseline = await poll(`channel=${channel}`);

  const answer = await publish(run.urls.http, channel, 'hello');

  expect(answer).toEqual({ channel, id: expect.stringMatching(/^[a-z0-9]+\.1$/), publishedAt: expect.any(String) });
  expect(await one.events.count(1)).toEqual([{ id: answer.id, event: undefined, data: 'hello' }]);
  expect(await two.events.count(1)).toEqual([{ id: answer.id, event: undefined, data: 'hello' }]);
  expect(await socket.ofKind('event')).toEqual([{ kind: 'event', type: 'message', data: 'hello', ...answer }]);
  expect(await poll(`channel=${channel}&after=${baseline.cursor}`)).toEqual({
    events: [{ type: 'message', data: 'hello', ...answer }],
    cursor: answer.id,
  });
  for (const stream of [one, two, socket]) stream.close();
  session.close();
});
// end lane

// lane: both
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
// end lane

// lane: sse
test('streams on every task get every event', async () => {
  const channel = freshChannel('tasks');
  const streams = await Promise.all(Array.from({ length: 8 }, () => openSse(run.urls.http, `channel=${channel}`)));

  const ids = [];
  for (const data of ['a', 'b', 'c']) ids.push((await publish(run.urls.http, channel, data)).id);

  for (const stream of streams) expect((await stream.events.count(3)).map((event) => event.id)).toEqual(ids);
  for (const stream of streams) stream.close();
});
// end lane

// lane: sse
test('a stream that is cut and reopened with Last-Event-ID gets what it missed, once and in order', async () => {
  const channel = freshChannel('cut');
  const first = await openSse(run.urls.http, `channel=${channel}`);
  await publish(run.urls.http, channel, '1');
  await first.events.count(1);
  first.close();
  for (const data of ['2', '3', '4']) await publish(run.urls.http, channel, data);

  // Several, so that both tasks have to replay: the one that served the first stream and the one that did not.
  const again = await Promise.all(
    Array.from({ length: 4 }, () => openSse(run.urls.http, `channel=${channel}`, { 'last-event-id': first.lastId() ?? '' })),
  );
  await publish(run.urls.http, channel, '5');

  for (const stream of again) expect((await stream.events.count(4)).map((event) => event.data)).toEqual(['2', '3', '4', '5']);
  for (const stream of again) stream.close();
});
// end lane

// lane: sse
test('a stream on a quiet channel has an id to resume from before anything was published', async () => {
  const channel = freshChannel('quiet');
  const first = await openSse(run.urls.http, `channel=${channel}`);
  expect(first.lastId()).toBe('0.0');
  first.close();
  await publish(run.urls.http, channel, 'missed');

  const again = await openSse(run.urls.http, `channel=${channel}&lastEventId=${first.lastId()}`);

  expect((await again.events.count(1)).map((event) => event.data)).toEqual(['missed']);
  again.close();
});
// end lane

// lane: websocket
test('a WebSocket that subscribes with `after` gets what it missed and is told when it has caught up', async () => {
  const channel = freshChannel('after');
  const after = await publishBySocket(run.urls.websocket, channel, '1');
  for (const data of ['2', '3']) await publishBySocket(run.urls.websocket, channel, data);

  const socket = await openSocket(run.urls.websocket);
  socket.send({ action: 'subscribe', channel, after });

  await socket.ofKind('caughtUp');
  expect(socket.frames.items.map((frame) => frame.kind)).toEqual(['subscribed', 'event', 'event', 'caughtUp']);
  expect((await socket.ofKind('event', 2)).map((event) => event.data)).toEqual(['2', '3']);
  socket.close();
});
// end lane

// lane: both
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
// end lane

// lane: sse
test('one stream over several channels carries a composite cursor and resumes every channel from it', async () => {
  const [a, b] = [freshChannel('multi-a'), freshChannel('multi-b')];
  const query = `channel=${a}&channel=${b}`;
  const first = await openSse(run.urls.http, query);
  await publish(run.urls.http, a, 'a1');
  await publish(run.urls.http, b, 'b1');
  await first.events.count(2);
  first.close();
  await publish(run.urls.http, a, 'a2');
  await publish(run.urls.http, b, 'b2');

  const again = await openSse(run.urls.http, query, { 'last-event-id': first.lastId() ?? '' });

  expect(first.lastId()).toMatch(new RegExp(`^${a}=[a-z0-9]+\\.1,${b}=[a-z0-9]+\\.1$`));
  expect((await again.events.count(2)).map((event) => event.data).sort()).toEqual(['a2', 'b2']);
  again.close();
});
// end lane

// lane: sse
test('a long poll is answered as soon as there is an event', async () => {
  const channel = freshChannel('long');
  const { cursor } = await poll(`channel=${channel}`);
  const waiting = poll(`channel=${channel}&after=${cursor}&waitSeconds=25`);
  const { id } = await publish(run.urls.http, channel, 'now');

  expect((await waiting).events.map((event) => event.id)).toEqual([id]);
});
// end lane

// lane: sse
test('an idempotency key publishes once and answers the first id again', async () => {
  const channel = freshChannel('key');
  const first = await publish(run.urls.http, channel, 'one', 'k1');
  const second = await publish(run.urls.http, channel, 'one', 'k1');
  const other = await publish(run.urls.http, channel, 'two', 'k2');

  expect(second).toEqual(first);
  const epoch = first.id.split('.')[0];
  expect(other.id).toBe(`${epoch}.2`);
  expect((await poll(`channel=${channel}&after=${epoch}.0`)).events.map((event) => event.data)).toEqual(['one', 'two']);
});
// end lane

// lane: both
test('a cursor of another epoch is answered by reset and then live events, on both lanes and on polls', async () => {
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
  const polled = await poll(`channel=${channel}&after=zzzzzz.7`);
  expect(polled.resets).toEqual([{ channel, reason: 'epoch_changed' }]);
  expect(before.id).not.toBe(polled.cursor);
  stream.close();
  socket.close();
});
// end lane

// lane: sse
test.each([
  ['a bad channel name', 'GET', '/v1/events?channel=no%20spaces', undefined, 400, 'no spaces'],
  ['no channel', 'GET', '/v1/events', undefined, 400, 'channel'],
  ['a bad cursor', 'GET', '/v1/events?channel=demo&lastEventId=nonsense', undefined, 400, 'nonsense'],
  ['a bad wait', 'GET', '/v1/events?channel=demo&waitSeconds=99', undefined, 400, '99'],
  ['a bad channel to publish to', 'POST', '/v1/channels/no%20spaces/events', { data: 'x' }, 400, 'no spaces'],
  ['a bad type', 'POST', '/v1/channels/demo/events', { type: 'a\nb', data: 'x' }, 400, 'a\\nb'],
  ['data that is no text', 'POST', '/v1/channels/demo/events', { data: 42 }, 400, '42'],
  ['a lone surrogate', 'POST', '/v1/channels/demo/events', '{"data":"\\ud800"}', 400, 'surrogate'],
  ['data over the limit', 'POST', '/v1/channels/demo/events', { data: 'x'.repeat(96 * 1024 + 1) }, 413, '98304'],
  ['a huge body', 'POST', '/v1/channels/demo/events', { data: 'x'.repeat(2_000_000) }, 413, ''],
  ['broken JSON', 'POST', '/v1/channels/demo/events', '{"data":', 400, '{\\"data\\":'],
  ['a wrong path', 'GET', '/v1/nothing', undefined, 404, '/v1/nothing'],
  ['a wrong method', 'DELETE', '/v1/events?channel=demo', undefined, 405, 'DELETE'],
])('%s is answered by a problem that names it', async (_name, method, path, body, status, named) => {
  const response = await fetch(`${run.urls.http}${path}`, {
    method,
    headers: {
      ...authorization(),
      accept: path.includes('waitSeconds') ? 'application/json' : '*/*',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });

  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const problem = (await response.json()) as Problem;
  expect(problem).toMatchObject({ status, code: expect.any(String), title: expect.any(String) });
  expect(JSON.stringify(problem.detail)).toContain(JSON.stringify(named).slice(1, -1));
});
// end lane

// lane: websocket
test.each([
  ['text that is no JSON', 'hello', 'invalid_frame', 'hello'],
  ['JSON that is no object', '[1]', 'invalid_frame', '[1]'],
  ['no action', '{"channel":"demo"}', 'unknown_action', 'subscribe'],
  ['an unknown action', '{"action":"dance"}', 'unknown_action', 'dance'],
  ['a bad channel', '{"action":"subscribe","channel":"a b"}', 'invalid_channel', 'a b'],
  ['a bad cursor', '{"action":"subscribe","channel":"demo","after":"nonsense"}', 'invalid_cursor', 'nonsense'],
  ['data over the limit', JSON.stringify({ action: 'publish', channel: 'demo', data: 'x'.repeat(96 * 1024 + 1) }), 'data_too_large', ''],
])('a frame with %s is answered by an error frame, and the connection goes on', async (_name, frame, code, named) => {
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
// end lane

// lane: both
test('a request that is refused disturbs no other client', async () => {
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
// end lane
