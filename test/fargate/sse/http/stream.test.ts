import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { EventSource } from 'eventsource';
import { createTaskBudget } from '../../../../fargate/sse/budget/task-budget.ts';
import { HttpWorld } from '../support/http-world.ts';
import { idOf } from '../support/hub-world.ts';
import { SseClient } from '../support/sse-client.ts';
import { until } from '../support/until.ts';

let world: HttpWorld;
const clients: SseClient[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await world.close();
});

async function open(path: string, headers?: Record<string, string>): Promise<SseClient> {
  const client = await SseClient.open(world.url(path), headers);
  clients.push(client);
  await until(() => client.lastEventId !== undefined);
  return client;
}

describe('a stream', () => {
  test('has the headers that keep proxies from buffering it', async () => {
    world = await new HttpWorld().listen();
    const { headers } = (await open('/v1/events?channel=demo')).response;
    expect(headers.get('content-type')).toBe('text/event-stream');
    expect(headers.get('cache-control')).toBe('no-cache, no-transform');
    expect(headers.get('x-accel-buffering')).toBe('no');
    expect(headers.get('content-length')).toBeNull();
  });

  test('sends events as they are published', async () => {
    world = await new HttpWorld().listen();
    const client = await open('/v1/events?channel=demo');
    const { id } = await (await world.post('demo', { type: 'price', data: 'one\ntwo' })).json();
    await until(() => client.events.length === 1);
    expect(client.events).toEqual([{ id, event: 'price', data: 'one\ntwo' }]);
  });

  test('resumes after Last-Event-ID', async () => {
    world = await new HttpWorld().listen();
    const first = await world.store('demo', 'one');
    await world.store('demo', 'two');
    const client = await open('/v1/events?channel=demo', { 'Last-Event-ID': idOf(first) });
    await until(() => client.events.length === 1);
    expect(client.data).toEqual(['two']);
  });

  test('resumes after ?lastEventId=', async () => {
    world = await new HttpWorld().listen();
    const first = await world.store('demo', 'one');
    await world.store('demo', 'two');
    const client = await open(`/v1/events?channel=demo&lastEventId=${idOf(first)}`);
    await until(() => client.events.length === 1);
    expect(client.data).toEqual(['two']);
  });

  test('prefers the header, which is newer than the URL of the page', async () => {
    world = await new HttpWorld().listen();
    const first = await world.store('demo', 'one');
    const second = await world.store('demo', 'two');
    await world.store('demo', 'three');
    const client = await open(`/v1/events?channel=demo&lastEventId=${idOf(first)}`, { 'Last-Event-ID': idOf(second) });
    await until(() => client.events.length > 0);
    expect(client.data).toEqual(['three']);
  });

  test.each([
    ['/v1/events?channel=demo&lastEventId=', {}],
    ['/v1/events?channel=demo', { 'Last-Event-ID': '' }],
  ])('treats an empty id as none: %s %j', async (path, headers) => {
    world = await new HttpWorld().listen();
    const event = await world.store('demo', 'one');
    const client = await open(path, headers as Record<string, string>);
    expect(client.lastEventId).toBe(idOf(event));
  });

  test('over several channels has ids of their own channel on request', async () => {
    world = await new HttpWorld().listen();
    const client = await open('/v1/events?channel=a&channel=b&ids=own');
    const a = await world.publish('a', 'to a');
    const b = await world.publish('b', 'to b');
    await until(() => client.events.length === 2);
    expect(client.events.map(({ id }) => id)).toEqual([`a=${idOf(a)}`, `b=${idOf(b)}`]);
    client.close();

    const resumed = await open(`/v1/events?channel=a&channel=b&ids=own&lastEventId=a=${idOf(a)},b=0.0`);
    await until(() => resumed.events.length === 1);
    expect(resumed.events[0]).toMatchObject({ id: `b=${idOf(b)}`, data: 'to b' });
  });

  test('over one channel has the same ids with ids=own, and refuses other values', async () => {
    world = await new HttpWorld().listen();
    const client = await open('/v1/events?channel=a&ids=own');
    const a = await world.publish('a', 'to a');
    await until(() => client.events.length === 1);
    expect(client.lastEventId).toBe(idOf(a));
    const response = await fetch(world.url('/v1/events?channel=a&ids=all'), { headers: { accept: 'text/event-stream' } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid_parameter', detail: expect.stringContaining('"all"') });
  });

  test('over several channels has a composite cursor', async () => {
    world = await new HttpWorld().listen();
    const client = await open('/v1/events?channel=a&channel=b');
    await world.post('b', { data: 'hello' });
    await until(() => client.events.length === 1);
    expect(client.lastEventId).toMatch(/^a=\w+\.0,b=\w+\.1$/);
  });

  test('is removed from the hub when its client leaves', async () => {
    world = await new HttpWorld().listen();
    const client = await open('/v1/events?channel=demo');
    expect(world.hub.openStreams).toBe(1);
    client.close();
    await until(() => world.hub.openStreams === 0);
  });

  test('is removed from the hub when its client leaves while it opens', async () => {
    world = await new HttpWorld().listen();
    const head = Promise.withResolvers<never>();
    jest.spyOn(world.log, 'head').mockReturnValueOnce(head.promise);
    const leaving = new AbortController();
    const opening = world.fetch('/v1/events?channel=demo', { signal: leaving.signal }).catch(() => 'left');
    await until(() => world.hub.openStreams === 1);
    leaving.abort();
    await until(() => world.hub.openStreams === 0);
    head.reject(new Error('too late'));
    expect(await opening).toBe('left');
  });

  test('ends when the task drains, and its client can tell', async () => {
    world = await new HttpWorld().listen();
    const client = await open('/v1/events?channel=demo');
    const drained = world.hub.drain(1_000);
    await world.clock.advance(1_000);
    await drained;
    await until(() => client.ended);
    expect(world.hub.openStreams).toBe(0);
  });

  test('is refused with 503 and Retry-After if the task is full', async () => {
    world = await new HttpWorld({ hub: { maxStreams: 1 } }).listen();
    await open('/v1/events?channel=demo');
    const response = await world.fetch('/v1/events?channel=demo');
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await response.json()).code).toBe('task_full');
  });

  test('is refused with 503 and Retry-After while the task drains', async () => {
    world = await new HttpWorld().listen();
    void world.hub.drain(0);
    const response = await world.fetch('/v1/events?channel=demo');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).not.toBeNull();
    expect((await response.json()).code).toBe('task_draining');
  });

  test('is refused with 503 while the log cannot be read', async () => {
    world = await new HttpWorld().listen();
    jest.spyOn(world.log, 'head').mockRejectedValueOnce(new Error('secret of the database'));
    const response = await world.fetch('/v1/events?channel=demo');
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain('secret');
  });
});

describe('a slow client', () => {
  test('is closed without any loss for others, and resumes', async () => {
    world = await new HttpWorld({ hub: { maxUnsentBytes: 2_000_000 } }).listen();
    const reader = await open('/v1/events?channel=demo');
    const { socket: stuck } = await world.connect();
    stuck.pause();
    stuck.write('GET /v1/events?channel=demo HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => world.hub.openStreams === 2);
    const reset = new Promise((resolve) => stuck.on('error', resolve).on('close', resolve));
    // The kernel takes some megabytes before the service notices anything.
    const data = 'x'.repeat(90_000);
    let published = 0;
    for (; world.hub.openStreams === 2 && published < 1_000; published++) {
      await world.hub.offer(await world.store('demo', `${published} ${data}`));
      await until(() => reader.events.length === published + 1);
    }
    expect(world.hub.takeCounts().slowStreamsClosed).toBe(1);
    expect(reader.data.map((text) => Number.parseInt(text, 10))).toEqual(Array.from({ length: published }, (_, index) => index));
    stuck.resume();
    await reset;
  });

  test('that catches up gets everything once and in order', async () => {
    // A task with so much memory keeps all of it in the ring.
    world = await new HttpWorld({ hub: { maxUnsentBytes: 100_000_000, budget: createTaskBudget(4 * 1024 ** 3) } }).listen();
    const { socket } = await world.connect();
    socket.write('GET /v1/events?channel=demo HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.pause();
    await until(() => world.hub.openStreams === 1);
    const data = 'x'.repeat(90_000);
    for (let index = 0; index < 150; index++) await world.hub.offer(await world.store('demo', `${index} ${data}`));
    let heard = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      heard += text.replaceAll('x', '');
    });
    socket.resume();
    await until(() => heard.includes('data: 149 '));
    expect([...heard.matchAll(/^data: (\d+) /gm)].map(([, index]) => Number(index))).toEqual(
      Array.from({ length: 150 }, (_, index) => index),
    );
    socket.destroy();
  });
});

describe('the eventsource client', () => {
  test('reconnects by itself when the task closes its stream, and misses nothing', async () => {
    world = await new HttpWorld({ hub: { retryMinMs: 20, retryMaxMs: 40 } }).listen();
    const source = new EventSource(world.url('/v1/events?channel=demo'));
    const heard: string[] = [];
    let opened = 0;
    source.addEventListener('open', () => opened++);
    source.addEventListener('message', ({ data, lastEventId }) => heard.push(`${data} ${lastEventId}`));
    try {
      await until(() => opened === 1);
      const ids: string[] = [];
      for (const data of ['1', '2', '3', '4', '5', '6']) {
        // Not by HTTP: its connection is cut, too.
        const event = await world.publish('demo', data);
        ids.push(`${data} ${event.epoch}.${event.seq}`);
        if (data === '3') {
          await until(() => heard.length === 3);
          // As a lost connection does it.
          world.cutConnections();
        }
      }
      await until(() => heard.length === 6);
      expect(heard).toEqual(ids);
      expect(opened).toBe(2);
    } finally {
      source.close();
    }
  });
});
