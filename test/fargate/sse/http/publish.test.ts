import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { HttpWorld } from '../support/http-world.ts';
import { until } from '../support/until.ts';

let world: HttpWorld;

beforeEach(async () => {
  world = await new HttpWorld().listen();
});

afterEach(() => world.close());

test('an event is published, and the response has its id', async () => {
  const response = await world.post('demo', { type: 'price', data: 'hello' });
  expect(response.status).toBe(201);
  const [event] = world.bus.notified;
  expect(event).toMatchObject({ channel: 'demo', type: 'price', data: 'hello', seq: 1 });
  expect(await response.json()).toEqual({
    channel: 'demo',
    id: `${event?.epoch}.1`,
    publishedAt: new Date(event?.publishedAtMs ?? 0).toISOString(),
  });
});

test('bytes are published as base64', async () => {
  await world.post('demo', { data: 'AAH/', encoding: 'base64' });
  expect(world.bus.notified).toMatchObject([{ data: 'AAH/', encoding: 'base64' }]);
  expect((await world.post('demo', { data: 'AAH', encoding: 'base64' })).status).toBe(400);
});

test('an event without a type is a message', async () => {
  await world.post('demo', { data: 'hello' });
  expect(world.bus.notified[0]?.type).toBe('message');
});

test('a repeated key publishes nothing twice', async () => {
  const headers = { 'Idempotency-Key': 'order-7' };
  const first = await (await world.post('demo', { data: 'hello' }, headers)).json();
  const second = await (await world.post('demo', { data: 'hello' }, headers)).json();
  expect(second).toEqual(first);
  expect(world.bus.notified).toHaveLength(1);
});

test('a repeated key with other data is a conflict, and publishes nothing', async () => {
  const headers = { 'Idempotency-Key': 'order-7' };
  await world.post('demo', { data: 'hello' }, headers);
  const response = await world.post('demo', { data: 'other' }, headers);
  expect(response.status).toBe(409);
  expect(await response.json()).toMatchObject({ code: 'idempotency_conflict', detail: expect.stringContaining('order-7') });
  expect(world.bus.notified).toHaveLength(1);
});

test('several events are published together, and the response has the id of each', async () => {
  const response = await world.post('demo', { events: [{ data: 'one' }, { type: 'price', data: 'two' }] });
  expect(response.status).toBe(201);
  expect(world.bus.notifications).toMatchObject([[{ data: 'one' }, { type: 'price', data: 'two' }]]);
  const results = world.bus.notified.map(({ epoch, seq, publishedAtMs }) => ({
    id: `${epoch}.${seq}`,
    publishedAt: new Date(publishedAtMs).toISOString(),
  }));
  expect(await response.json()).toEqual({ channel: 'demo', events: results });
});

test('a repeated key of several events publishes nothing twice', async () => {
  const headers = { 'Idempotency-Key': 'order-7' };
  const body = { events: [{ data: 'one' }, { data: 'two' }] };
  const first = await (await world.post('demo', body, headers)).json();
  expect(await (await world.post('demo', body, headers)).json()).toEqual(first);
  expect(world.bus.notifications).toHaveLength(1);
  expect((await world.post('demo', { events: [{ data: 'one' }] }, headers)).status).toBe(409);
});

test('events of which some are not published get 207, with an id or an error each, and can be repeated under the same key', async () => {
  jest.spyOn(world.log, 'append').mockRejectedValueOnce(new Error('secret of the database'));
  const headers = { 'Idempotency-Key': 'order-7' };
  const body = { events: [{ data: 'one' }, { data: 'two' }] };
  const response = await world.post('demo', body, headers);
  expect(response.status).toBe(207);
  const text = await response.text();
  expect(JSON.parse(text)).toMatchObject({ events: [{ error: { code: 'unavailable' } }, { id: expect.any(String) }] });
  expect(text).not.toContain('secret');
  const repeated = await world.post('demo', body, headers);
  expect(repeated.status).toBe(201);
  expect(world.bus.notified.map(({ data }) => data).sort()).toEqual(['one', 'two', 'two']);
});

test('one invalid event refuses all of them, and the response says which', async () => {
  const response = await world.post('demo', { events: [{ data: 'one' }, { type: 'a b', data: 'two' }] });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: 'invalid_type', detail: expect.stringMatching(/^events\[1\]: /) });
  expect(world.bus.notifications).toEqual([]);
});

test('a batch that cannot be notified is 503', async () => {
  jest.spyOn(world.bus, 'notify').mockRejectedValueOnce(new Error('secret of the topic'));
  expect((await world.post('demo', { events: [{ data: 'one' }] })).status).toBe(503);
});

test('a channel may be percent-encoded', async () => {
  expect((await world.post('a%3Ab', { data: 'x' })).status).toBe(201);
  expect(world.bus.notified[0]?.channel).toBe('a:b');
});

test('the largest data fits, even if every character of it is escaped', async () => {
  const escaped = [...'ä'.repeat(20_000)].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');
  expect((await world.post('demo', `{"data":"${escaped}"}`)).status).toBe(201);
  expect((await world.post('demo', { data: 'x'.repeat(96 * 1024) })).status).toBe(201);
});

test.each([
  ['broken JSON', '{"data": ', 400, 'invalid_body', 'not JSON'],
  ['JSON that is no object', '[1]', 400, 'invalid_body', '[1]'],
  ['bytes that are not UTF-8', new Uint8Array([0x7b, 0xff, 0x7d]), 400, 'invalid_body', 'UTF-8'],
  ['no body', '', 400, 'invalid_body', 'not JSON'],
  ['no data', '{}', 400, 'invalid_data', 'undefined'],
  ['data that is no text', '{"data":7}', 400, 'invalid_data', '7'],
  ['a type with a space', '{"type":"a b","data":""}', 400, 'invalid_type', '"a b"'],
  ['a reserved type', '{"type":"reset","data":""}', 400, 'invalid_type', '"reset"'],
  ['a key, which is a header', '{"data":"x","key":"k"}', 400, 'invalid_body', 'Idempotency-Key'],
  ['a key beside events', '{"events":[{"data":"x"}],"key":"k"}', 400, 'invalid_body', 'Idempotency-Key'],
  ['a channel, which is in the path', '{"data":"x","channel":"other"}', 400, 'invalid_body', 'path'],
  ['no events', '{"events":[]}', 400, 'invalid_body', '1 to 100'],
  ['too many events', JSON.stringify({ events: Array.from({ length: 101 }, () => ({ data: 'x' })) }), 400, 'too_many_events', '101'],
  [
    'too much data, in all events together',
    JSON.stringify({ events: ['x', 'y', 'z'].map((x) => ({ data: x.repeat(80_000) })) }),
    413,
    'data_too_large',
    '196608',
  ],
  ['too much data', JSON.stringify({ data: 'x'.repeat(96 * 1024 + 1) }), 413, 'data_too_large', '98305'],
  ['a body beyond all measure', JSON.stringify({ data: 'x'.repeat(3_000_000) }), 413, 'data_too_large', '655360'],
])('%s is refused, and the response names it', async (_what, body, status, code, named) => {
  const response = await world.post('demo', body);
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toEqual({
    type: 'about:blank',
    title: expect.any(String),
    status,
    code,
    detail: expect.stringContaining(named),
  });
  expect(world.bus.notified).toEqual([]);
});

test.each(['bad channel', 'a%20b', 'x'.repeat(129), '%ff'])('the channel %s is refused by name', async (channel) => {
  const response = await world.post(channel, { data: 'x' });
  expect(response.status).toBe(400);
  expect((await response.json()).code).toBe('invalid_channel');
});

test('an invalid key is refused by name', async () => {
  const response = await world.post('demo', { data: 'x' }, { 'Idempotency-Key': 'with a space' });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: 'invalid_key', detail: expect.stringContaining('with a space') });
});

test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=latin1', ''])(
  'Content-Type %j gets 415',
  async (contentType) => {
    const response = await world.post('demo', '{"data":"x"}', { 'Content-Type': contentType });
    expect(response.status).toBe(415);
    expect((await response.json()).detail).toContain(JSON.stringify(contentType));
  },
);

test('Content-Type with a charset of UTF-8 is fine', async () => {
  expect((await world.post('demo', '{"data":"x"}', { 'Content-Type': 'application/json; charset=UTF-8' })).status).toBe(201);
});

test('an encoded body gets 415', async () => {
  expect((await world.post('demo', '{"data":"x"}', { 'Content-Encoding': 'gzip' })).status).toBe(415);
});

test('a failed publication is 503, may be retried, and shows no internal details', async () => {
  jest.spyOn(world.log, 'append').mockRejectedValueOnce(new Error('secret of the database'));
  const response = await world.post('demo', { data: 'x' });
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).not.toBeNull();
  const text = await response.text();
  expect(text).toContain('Idempotency-Key');
  expect(text).not.toContain('secret');
});

test('a client that leaves in the middle of its body does no harm', async () => {
  const client = await world.connect();
  client.send('POST /v1/channels/demo/events HTTP/1.1', 'Host: x', 'Content-Type: application/json', 'Content-Length: 100', '', '{"da');
  await until(() => client.socket.bytesWritten > 100);
  client.close();
  expect((await world.post('demo', { data: 'x' })).status).toBe(201);
  expect(world.bus.notified).toHaveLength(1);
});
