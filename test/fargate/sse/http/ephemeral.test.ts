import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { kindsBy } from '../../../../backbone/domain/channel-kind.ts';
import { KINDS_HEADER } from '../../../../packages/protocol/index.ts';
import { HttpWorld } from '../support/http-world.ts';

const JSON_ONLY = { headers: { Accept: 'application/json' } };

let world: HttpWorld;

beforeEach(async () => {
  world = await new HttpWorld({ hub: { kindOf: kindsBy([{ match: 'typing.*', kind: 'ephemeral' }]) } }).listen();
});

afterEach(() => world.close());

const stream = (query: string) => world.fetch(`/v1/events?${query}`, { headers: { Accept: 'text/event-stream' } });

test('a publication is accepted with 202 and without an id, and nothing is stored', async () => {
  const response = await world.post('typing.demo', { type: 'typing', data: 'ann' }, { 'Idempotency-Key': 'k' });
  expect(response.status).toBe(202);
  const [event] = world.bus.announced;
  expect(event).toMatchObject({ channel: 'typing.demo', type: 'typing', data: 'ann' });
  expect(await response.json()).toEqual({ channel: 'typing.demo', publishedAt: new Date(event?.publishedAtMs ?? 0).toISOString() });
  expect([world.bus.notified, await world.log.head('typing.demo')]).toEqual([[], undefined]);
});

test('it is validated as any other', async () => {
  expect((await world.post('typing.demo', { data: 5 })).status).toBe(400);
  expect((await world.post('typing.demo', { data: 'x'.repeat(96 * 1024 + 1) })).status).toBe(413);
});

test('a batch is refused, and none of it is published', async () => {
  const response = await world.post('typing.demo', { events: [{ data: 'a' }, { data: 'b' }] });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: 'invalid_body', detail: expect.stringContaining('typing.demo is ephemeral') });
  expect(world.bus.announced).toEqual([]);
});

test.each([
  ['channel=typing.demo', 'ephemeral'],
  ['channel=orders&channel=typing.demo&channel=typing.2', 'durable, ephemeral, ephemeral'],
  ['channel=orders', null],
])('a header names the kinds of %s, unless all are durable', async (query, kinds) => {
  const open = await stream(query);
  expect([open.status, open.headers.get(KINDS_HEADER)]).toEqual([200, kinds]);
  await open.body?.cancel();
  const poll = await world.fetch(`/v1/events?${query}`, JSON_ONLY);
  expect([poll.status, poll.headers.get(KINDS_HEADER)]).toEqual([200, kinds]);
  await poll.json();
});

test('a cursor has no effect on an ephemeral channel, and one that is malformed is refused all the same', async () => {
  const resumed = await stream('channel=typing.demo&lastEventId=k3f9.7');
  expect(resumed.status).toBe(200);
  await resumed.body?.cancel();
  expect((await stream('channel=typing.demo&lastEventId=nonsense')).status).toBe(400);
});

test('a poll continues with the empty cursor that it got, which names no position', async () => {
  const first = await world.fetch('/v1/events?channel=typing.demo', JSON_ONLY);
  expect(await first.json()).toEqual({ events: [], cursor: '' });
  const second = await world.fetch('/v1/events?channel=typing.demo&after=', JSON_ONLY);
  expect(await second.json()).toEqual({ events: [], cursor: '' });
});
