/** Reading a channel's last events, and pages of its history. */
import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { AccessDeniedError } from '../../../../backbone/domain/access.ts';
import { createTaskBudget } from '../../../../fargate/sse/budget/task-budget.ts';
import type { HttpServerOptions } from '../../../../fargate/sse/http/http-server.ts';
import { EVERYBODY } from '../../../support/access.ts';
import { HttpWorld } from '../support/http-world.ts';
import { GRACE_MS, idOf, silentLogger } from '../support/hub-world.ts';
import type { RawClient } from '../support/raw-client.ts';
import { SseClient } from '../support/sse-client.ts';
import { until } from '../support/until.ts';

let world: HttpWorld;

afterEach(() => world.close());

const start = async (options: ConstructorParameters<typeof HttpWorld>[0] = {}) => {
  world = await new HttpWorld(options).listen();
};

async function store(count: number, text = (n: number) => `e${n}`): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let n = 1; n <= count; n++) ids.push(idOf(await world.store('demo', text(n))));
  await world.clock.advance(GRACE_MS + 1);
  return ids;
}

async function get(path: string, headers: Record<string, string> = {}) {
  const response = await world.fetch(path, { headers: { Accept: 'application/json', ...headers } });
  return { status: response.status, body: await response.json(), headers: response.headers };
}

const dataOf = ({ body }: { body: { events: readonly { data: string }[] } }) => body.events.map(({ data }) => data);

describe('the history', () => {
  test('is read backwards page by page, each in order, from what comes next to the first event', async () => {
    await start();
    const ids = await store(5);
    const newest = await get('/v1/events?channel=demo&before=now&last=2');
    expect(newest).toMatchObject({ status: 200, body: { more: true } });
    expect(newest.body.events[0]).toEqual({ channel: 'demo', id: ids[3], type: 'message', data: 'e4', publishedAt: expect.any(String) });
    expect(Object.keys(newest.body)).toEqual(['events', 'more']);
    const middle = await get(`/v1/events?channel=demo&before=${ids[3]}&last=2`);
    expect([dataOf(middle), middle.body.more]).toEqual([['e2', 'e3'], true]);
    const oldest = await get(`/v1/events?channel=demo&before=demo=${ids[1]}&last=2`);
    expect([dataOf(oldest), oldest.body.more]).toEqual([['e1'], false]);
    expect((await get(`/v1/events?channel=demo&before=${ids[0]}`)).body).toEqual({ events: [], more: false });
    expect(newest.headers.get('content-type')).toBe('application/json');
    expect(newest.headers.get('cache-control')).toBe('no-store');
  });

  test('has a hundred events on a page if the client does not say how many, and 500 at most', async () => {
    await start();
    await store(501);
    expect(dataOf(await get('/v1/events?channel=demo&before=now'))).toHaveLength(100);
    expect(dataOf(await get('/v1/events?channel=demo&before=now&last=500'))).toHaveLength(500);
  });

  test('of a channel that was never used is empty', async () => {
    await start();
    expect((await get('/v1/events?channel=demo&before=now')).body).toEqual({ events: [], more: false });
  });

  test.each([
    ['before=k3f9', 'invalid_cursor', 'k3f9'],
    ['before=other=k3f9.7', 'invalid_cursor', 'other=k3f9.7'],
    ['before=now&last=0', 'invalid_parameter', '1 to 500'],
    ['before=now&last=501', 'invalid_parameter', '"501"'],
    ['before=now&last=1.5', 'invalid_parameter', '"1.5"'],
    ['before=now&last=-1', 'invalid_parameter', '"-1"'],
    ['before=now&last=1e2', 'invalid_parameter', '"1e2"'],
    ['before=now&before=now', 'invalid_parameter', 'before is given 2 times'],
    ['before=now&after=k3f9.7', 'invalid_parameter', 'after is for what comes next'],
    ['before=now&waitSeconds=5', 'invalid_parameter', 'waitSeconds is for what comes next'],
    ['before=now&channel=other', 'invalid_parameter', 'names 2'],
    ['last=0', 'invalid_parameter', '1 to 500'],
  ])('is not read with %s', async (query, code, named) => {
    await start();
    const { status, body } = await get(`/v1/events?channel=demo&${query}`);
    expect([status, body.code]).toEqual([400, code]);
    expect(body.detail).toContain(named);
  });

  test('needs the right to subscribe', async () => {
    const authenticate: HttpServerOptions['authenticate'] = () => ({ ...EVERYBODY, rights: { subscribe: ['orders.*'], publish: ['*'] } });
    await start({ http: { authenticate } });
    expect((await get('/v1/events?channel=orders.1&before=now')).status).toBe(200);
    for (const query of ['before=now', 'last=1']) expect((await get(`/v1/events?channel=demo&${query}`)).status).toBe(403);
  });

  test('needs a token', async () => {
    await start({ http: { authenticate: () => Promise.reject(new AccessDeniedError('unauthorized', 'no token')) } });
    expect((await get('/v1/events?channel=demo&before=now')).status).toBe(401);
  });

  test('cannot be read while the log cannot, and the failure is logged', async () => {
    const error = jest.fn();
    await start({ http: { logger: { ...silentLogger, error } } });
    jest.spyOn(world.log, 'head').mockRejectedValue(new Error('no log'));
    expect((await get('/v1/events?channel=demo&before=now')).status).toBe(503);
    expect(error).toHaveBeenCalledTimes(1);
  });
});

describe('what a user can make a task hold', () => {
  /** Whoever asks is who the request says. */
  const authenticate: HttpServerOptions['authenticate'] = (request: IncomingMessage) => ({
    ...EVERYBODY,
    principal: String(request.headers['x-principal']),
  });

  /** Asks for a page, and reads nothing of it. */
  async function askUnread(principal: string): Promise<RawClient> {
    const client = await world.connect();
    client.socket.pause();
    const path = '/v1/events?channel=demo&before=now&last=500';
    return client.send(`GET ${path} HTTP/1.1`, 'Host: x', 'Accept: application/json', `X-Principal: ${principal}`, '', '');
  }

  test('a page is bounded by its size as JSON, escapes included, and the next one goes on before it', async () => {
    await start({ http: { authenticate } });
    await store(20, () => '\u0001'.repeat(21_000));
    const page = await get('/v1/events?channel=demo&before=now&last=500', { 'X-Principal': 'ann' });
    expect(JSON.stringify(page.body).length).toBeLessThan(1_200_000);
    expect(dataOf(page).length).toBeGreaterThan(5);
    expect(page.body.more).toBe(true);
    const [first] = page.body.events;
    const next = await get(`/v1/events?channel=demo&before=${first.id}&last=500`, { 'X-Principal': 'ann' });
    expect(dataOf(page).length + dataOf(next).length).toBeLessThanOrEqual(20);
    expect(next.body.events.at(-1).id.split('.')[1]).toBe(`${Number(first.id.split('.')[1]) - 1}`);
  });

  test('unread pages of a user are bounded, and another user is still served', async () => {
    await start({ hub: { budget: createTaskBudget(24 * 1024 * 1024) }, http: { authenticate } });
    await store(50, () => '\u0001'.repeat(21_000));
    const unread = await Promise.all(Array.from({ length: 40 }, () => askUnread('ann')));
    await until(() => world.budget.memory.heldBy('ann') > 1_000_000);
    expect(world.budget.memory.used).toBeLessThanOrEqual(world.budget.memory.total);
    expect((await get('/v1/events?channel=demo&before=now', { 'X-Principal': 'bob' })).status).toBe(200);
    for (const client of unread) client.socket.destroy();
    await until(() => world.budget.memory.used === 0 && world.hub.openStreams === 0);
  });

  test('pages count as polls until they are read', async () => {
    await start({ hub: { maxStreamsPerPrincipal: 2 }, http: { authenticate } });
    await store(50, () => 'x'.repeat(90_000));
    const unread = [await askUnread('ann'), await askUnread('ann')];
    await until(() => world.hub.openStreams === 2);
    expect((await get('/v1/events?channel=demo&before=now', { 'X-Principal': 'ann' })).status).toBe(429);
    for (const client of unread) client.socket.destroy();
    await until(() => world.hub.openStreams === 0);
    expect((await get('/v1/events?channel=demo&before=now', { 'X-Principal': 'ann' })).status).toBe(200);
  });
});

describe('the last events', () => {
  test('begin a poll, whose cursor goes on after them', async () => {
    await start();
    const ids = await store(5);
    const page = await get('/v1/events?channel=demo&last=2');
    expect([dataOf(page), page.body.cursor]).toEqual([['e4', 'e5'], ids[4]]);
    expect(dataOf(await get(`/v1/events?channel=demo&last=2&after=${ids[0]}`))).toEqual(['e2', 'e3', 'e4', 'e5']);
  });

  test('begin a stream, and a browser that comes back with the same URL resumes instead', async () => {
    await start();
    const ids = await store(5);
    const url = world.url('/v1/events?channel=demo&last=2');
    const stream = await SseClient.open(url);
    await until(() => stream.data.length === 2);
    expect(stream.data).toEqual(['e4', 'e5']);
    const back = await SseClient.open(url, { 'Last-Event-ID': ids[1] ?? '' });
    await until(() => back.data.length === 3);
    expect(back.data).toEqual(['e3', 'e4', 'e5']);
  });

  test.each([
    ['last=501', 'last is "501"'],
    ['before=now', 'Accept: application/json'],
  ])('are not streamed with %s', async (query, named) => {
    await start();
    const response = await world.fetch(`/v1/events?channel=demo&${query}`, { headers: { Accept: 'text/event-stream' } });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: 'invalid_parameter', detail: expect.stringContaining(named) });
  });
});
