import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { HttpWorld } from '../support/http-world.ts';
import { idOf } from '../support/hub-world.ts';
import { until } from '../support/until.ts';

let world: HttpWorld;
const JSON_ONLY = { headers: { Accept: 'application/json' } };

beforeEach(async () => {
  world = await new HttpWorld().listen();
});

afterEach(() => world.close());

async function poll(path: string) {
  const response = await world.fetch(path, JSON_ONLY);
  return { status: response.status, body: await response.json(), headers: response.headers };
}

test('returns events as on the wire, and the cursor to continue with', async () => {
  const first = await world.store('demo', 'one');
  const second = await world.store('demo', 'two');
  const { status, body, headers } = await poll(`/v1/events?channel=demo&after=${idOf(first)}`);
  expect(status).toBe(200);
  expect(body).toEqual({
    events: [
      { channel: 'demo', id: idOf(second), type: 'message', data: 'two', publishedAt: new Date(second.publishedAtMs).toISOString() },
    ],
    cursor: idOf(second),
  });
  expect(headers.get('content-type')).toBe('application/json');
  expect(headers.get('cache-control')).toBe('no-store');
});

test('without a cursor returns the baseline', async () => {
  const event = await world.store('demo', 'one');
  expect((await poll('/v1/events?channel=demo')).body).toEqual({ events: [], cursor: idOf(event) });
});

test('waits for the first event', async () => {
  const answer = poll('/v1/events?channel=demo&waitSeconds=25');
  await until(() => world.clock.sleeping === 1);
  await world.post('demo', { data: 'hello' });
  expect((await answer).body.events[0].data).toBe('hello');
});

test('waits no longer than asked', async () => {
  const answer = poll('/v1/events?channel=demo&waitSeconds=5');
  await until(() => world.clock.sleeping === 1);
  await world.clock.advance(5_000);
  expect((await answer).body.events).toEqual([]);
});

test('reports what could not be resumed', async () => {
  const { body } = await poll('/v1/events?channel=demo&after=gone.4');
  expect(body.resets).toEqual([{ channel: 'demo', reason: 'epoch_changed' }]);
});

test('stops waiting when its client has left', async () => {
  const leaving = new AbortController();
  const answer = world.fetch('/v1/events?channel=demo&waitSeconds=25', { ...JSON_ONLY, signal: leaving.signal }).catch(() => 'left');
  await until(() => world.clock.sleeping === 1);
  leaving.abort();
  expect(await answer).toBe('left');
  await until(() => world.hub.openStreams === 0);
});

test('continues over several channels with the returned cursor', async () => {
  await world.store('a', 'a1');
  const { body } = await poll('/v1/events?channel=a&channel=b');
  await world.store('a', 'a2');
  await world.store('b', 'b1');
  // The feeds learn of it by the comparison of heads at the latest; here by a notification.
  for (const event of world.bus.notified) world.hub.offer(event);
  const next = await poll(`/v1/events?channel=a&channel=b&after=${encodeURIComponent(body.cursor)}&waitSeconds=25`);
  expect(next.body.events.map(({ data }: { data: string }) => data)).toEqual(['a2', 'b1']);
});

test.each(['26', '-1', '1.5', 'ten', '1e1', '%201', '025x'])('waitSeconds=%s is refused by name', async (value) => {
  const { status, body } = await poll(`/v1/events?channel=demo&waitSeconds=${value}`);
  expect(status).toBe(400);
  expect(body.code).toBe('invalid_parameter');
  expect(body.detail).toContain(JSON.stringify(decodeURIComponent(value)));
});

test('the cursor parameter of a stream is refused with the right one', async () => {
  const { status, body } = await poll('/v1/events?channel=demo&lastEventId=e1.4');
  expect(status).toBe(400);
  expect(body.detail).toContain('after');
});

test.each([
  ['application/json', 'application/json'],
  ['application/json, text/event-stream;q=0.5', 'application/json'],
  ['application/*', 'application/json'],
  ['text/event-stream, application/json;q=0.9', 'text/event-stream'],
  ['text/html, */*;q=0.8', 'text/event-stream'],
  ['*/*', 'text/event-stream'],
])('Accept: %s gets %s', async (accept, contentType) => {
  const leaving = new AbortController();
  const response = await world.fetch('/v1/events?channel=demo', { headers: { Accept: accept }, signal: leaving.signal });
  expect(response.headers.get('content-type')).toBe(contentType);
  leaving.abort();
});

test('a client without an Accept header gets a stream', async () => {
  const client = await world.connect();
  client.send('GET /v1/events?channel=demo HTTP/1.1', 'Host: x', '', '');
  await client.hears('\r\n\r\n');
  expect(client.heard).toContain('\r\nContent-Type: text/event-stream\r\n');
  client.close();
});

test('a client that accepts neither gets 406', async () => {
  const response = await world.fetch('/v1/events?channel=demo', { headers: { Accept: 'text/html' } });
  expect(response.status).toBe(406);
  expect((await response.json()).detail).toContain('text/html');
});
