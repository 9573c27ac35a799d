import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { presence, present } from '../../../packages/client/src/presence/index.ts';
import type { Problem } from '../../../packages/protocol/index.ts';
import { until } from '../../support/until.ts';
import { authorization, freshChannel } from '../support/clients.ts';
import { type Run, startRun } from '../support/run.ts';
import { connectOver } from '../support/transports.ts';
import { openSse, poll, publish } from './support/streams.ts';

let run: Run;

beforeAll(async () => {
  run = await startRun();
}, 60_000);

afterAll(async () => {
  await run.stop();
}, 30_000);

test('streams on every task get every event', async () => {
  const channel = freshChannel('tasks');
  const streams = await Promise.all(Array.from({ length: 8 }, () => openSse(run.urls.http, `channel=${channel}`)));

  const ids = [];
  for (const data of ['a', 'b', 'c']) ids.push((await publish(run.urls.http, channel, data)).id);

  for (const stream of streams) expect((await stream.events.count(3)).map((event) => event.id)).toEqual(ids);
  for (const stream of streams) stream.close();
});

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

test('a long poll is answered as soon as there is an event', async () => {
  const channel = freshChannel('long');
  const { cursor } = await poll(run.urls.http, `channel=${channel}`);
  const waiting = poll(run.urls.http, `channel=${channel}&after=${cursor}&waitSeconds=25`);
  const { id } = await publish(run.urls.http, channel, 'now');

  expect((await waiting).events.map((event) => event.id)).toEqual([id]);
});

test('an idempotency key publishes once and returns the first id again', async () => {
  const channel = freshChannel('key');
  const first = await publish(run.urls.http, channel, 'one', 'k1');
  const second = await publish(run.urls.http, channel, 'one', 'k1');
  const other = await publish(run.urls.http, channel, 'two', 'k2');

  expect(second).toEqual(first);
  const epoch = first.id.split('.')[0];
  expect(other.id).toBe(`${epoch}.2`);
  expect((await poll(run.urls.http, `channel=${channel}&after=${epoch}.0`)).events.map((event) => event.data)).toEqual(['one', 'two']);
});

test.each(['sse', 'poll'] as const)("a client's subscriptions over %s share requests, each gets its own events", async (way) => {
  const connection = connectOver(way, run.urls, { pollIntervalMs: 10 });
  const names = [...Array.from({ length: 6 }, () => freshChannel('shared')), freshChannel('ephemeral'), freshChannel('ephemeral')];
  const subscriptions = names.map((name) => connection.subscribe(name));
  const seen = new Map(names.map((name) => [name, new Set<string>()]));
  for (const subscription of subscriptions) {
    subscription.addEventListener('event', ({ detail: { channel, data } }) => seen.get(subscription.channel)?.add(`${channel} ${data}`));
  }
  try {
    await Promise.all(subscriptions.map(({ ready }) => ready));
    for (const name of names) {
      // Between two polls nobody hears an ephemeral event.
      await until(`${name} has come`, async () => {
        if (seen.get(name)?.size !== 0) return true;
        await connection.publish(name, { data: 'event' });
        return false;
      });
    }

    expect([...seen].map(([name, events]) => [name, ...events])).toEqual(names.map((name) => [name, `${name} event`]));
  } finally {
    connection.close();
  }
});

test.each(['sse', 'poll'] as const)('presence on several channels over %s shares requests too', async (way) => {
  const connection = connectOver(way, run.urls, { pollIntervalMs: 10 });
  try {
    const rooms = Array.from({ length: 6 }, () => freshChannel('room')).map((name) => {
      const subscription = connection.subscribe(name);
      return { view: presence(subscription), me: present(subscription, 'here') };
    });
    await Promise.all(rooms.map(({ view, me }) => Promise.all([view.ready, me.ready])));
    for (const { view } of rooms) {
      await until('one is there', () => [...view.members.values()].map(({ data }) => data).join() === 'here');
    }
  } finally {
    connection.close();
  }
});

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
