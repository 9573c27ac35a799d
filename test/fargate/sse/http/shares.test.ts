import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { createTaskBudget } from '../../../../fargate/sse/budget/task-budget.ts';
import type { HttpServerOptions } from '../../../../fargate/sse/http/http-server.ts';
import { EVERYBODY } from '../../../support/access.ts';
import { HttpWorld } from '../support/http-world.ts';
import { idOf } from '../support/hub-world.ts';
import type { RawClient } from '../support/raw-client.ts';
import { idle, until } from '../support/until.ts';

/** Twelve times this is what all users of the task share: 4 MiB. */
const TASK_BYTES = 24 * 1024 * 1024;

let world: HttpWorld;

afterEach(() => world.close());

/** Whoever asks is who the request says. */
const byName: HttpServerOptions['authenticate'] = (request: IncomingMessage) => ({
  ...EVERYBODY,
  principal: String(request.headers['x-principal']),
});

async function startWorld(http: Partial<HttpServerOptions> = {}): Promise<void> {
  world = await new HttpWorld({ hub: { budget: createTaskBudget(TASK_BYTES) }, http: { authenticate: byName, ...http } }).listen();
}

async function publishEscapes(events: number): Promise<string> {
  const before = await world.store('demo', 'before');
  for (let count = 0; count < events; count++) await world.store('demo', '\u0001'.repeat(21_000));
  return idOf(before);
}

/** Sends a poll, and reads nothing of its answer. */
async function pollUnread(principal: string, after: string): Promise<RawClient> {
  const client = await world.connect();
  client.socket.pause();
  const path = `/v1/events?channel=demo&after=${after}`;
  return client.send(`GET ${path} HTTP/1.1`, 'Host: x', 'Accept: application/json', `X-Principal: ${principal}`, '', '');
}

function poll(principal: string, after: string): Promise<Response> {
  return world.fetch(`/v1/events?channel=demo&after=${after}`, { headers: { Accept: 'application/json', 'X-Principal': principal } });
}

describe('responses to polls', () => {
  test('a page is bounded by its size as JSON, escapes included', async () => {
    await startWorld();
    const after = await publishEscapes(50);
    const body = await (await poll('ann', after)).text();

    expect(body.length).toBeGreaterThan(900_000);
    expect(body.length).toBeLessThan(1_200_000);
  });

  test('unread responses of a user are bounded, and another user is still served', async () => {
    await startWorld();
    const after = await publishEscapes(50);
    const unread = await Promise.all(Array.from({ length: 40 }, () => pollUnread('ann', after)));
    await until(() => world.budget.memory.heldBy('ann') > 1_000_000);
    await idle();
    const { total } = world.budget.memory;
    expect(world.budget.memory.used).toBeLessThanOrEqual(total / 2);

    const answer = await poll('bob', after);
    expect(answer.status).toBe(200);
    expect(JSON.parse(await answer.text()).events.length).toBeGreaterThan(1);
    for (const client of unread) client.close();
    // Those that waited for room hold no memory, and end when their sockets do.
    await until(() => world.budget.memory.used === 0 && world.hub.openStreams === 0);
  });

  test('a poll without room is told to retry, after a while', async () => {
    await startWorld();
    const after = await publishEscapes(50);
    const { memory } = world.budget;
    const held = memory.reserve('ann', memory.shareOf('ann'), () => {});
    const answered = poll('ann', after);
    await until(() => world.hub.openStreams === 1 && world.clock.sleeping > 0);
    await world.clock.advance(5_000);
    const answer = await answered;

    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '2']);
    expect(await answer.json()).toMatchObject({ code: 'too_many_requests' });
    held?.release();
    expect(memory.used).toBe(0);
  });

  test('nothing more is encoded for a client that has left, and encoded parts count until then', async () => {
    await startWorld();
    const after = await publishEscapes(50);
    const waiting: (() => void)[] = [];
    jest.spyOn(world.budget.turns, 'forPage').mockImplementation(async (_principal, work) => {
      await new Promise<void>((pass) => waiting.push(pass));
      return work() as Awaited<ReturnType<typeof work>>;
    });
    const client = await pollUnread('ann', after);
    await until(() => waiting.length === 1);
    client.close();
    await until(() => world.openConnections === 0);
    expect(world.budget.memory.heldBy('ann')).toBeGreaterThan(0);
    waiting[0]?.();
    await until(() => world.budget.memory.used === 0 && world.hub.openStreams === 0);

    expect(waiting).toHaveLength(1);
  });

  test('a client that does not read its response is disconnected', async () => {
    await startWorld({ maxStallMs: 50 });
    const after = await publishEscapes(50);
    const client = await pollUnread('ann', after);
    await until(() => world.budget.memory.heldBy('ann') > 0);
    await until(() => world.budget.memory.used === 0);

    client.close();
  });
});

describe('request bodies', () => {
  /** Sends the head of a publication and a part of its body. */
  async function hold(principal: string, bytes: number): Promise<RawClient> {
    const client = await world.connect();
    const head = ['POST /v1/channels/demo/events HTTP/1.1', 'Host: x', `X-Principal: ${principal}`, 'Content-Type: application/json'];
    return client.send(...head, `Content-Length: ${bytes}`, '', '{"data":"');
  }

  test('unfinished bodies of a user are bounded in bytes, and another user can still publish', async () => {
    await startWorld();
    const held: RawClient[] = [];
    for (let count = 0; count < 12; count++) held.push(await hold('ann', 640_000));
    await until(() => held.filter(({ statuses }) => statuses.includes(429)).length === 9);
    expect(world.budget.memory.used).toBe(3 * 640_000);

    const answer = await world.post('demo', { data: 'x'.repeat(90_000) }, { 'X-Principal': 'bob' });
    expect(answer.status).toBe(201);
    for (const client of held) client.close();
    await until(() => world.budget.memory.used === 0 && world.budget.bodies.used === 0);
  });

  test('a body without a declared length is bounded too', async () => {
    await startWorld();
    const { memory } = world.budget;
    memory.reserve('ann', memory.shareOf('ann') - 1_000, () => {});
    const client = await world.connect();
    const head = ['POST /v1/channels/demo/events HTTP/1.1', 'Host: x', 'X-Principal: ann', 'Content-Type: application/json'];
    client.send(...head, 'Transfer-Encoding: chunked', '', `7d0\r\n${'x'.repeat(2_000)}\r\n0\r\n\r\n`);
    await client.hears('too_many_requests');

    expect(client.statuses).toEqual([429]);
    client.close();
  });

  test('a body in small pieces is published, and takes no more memory than one in a single piece', async () => {
    await startWorld();
    const client = await world.connect();
    const head = ['POST /v1/channels/demo/events HTTP/1.1', 'Host: x', 'X-Principal: ann', 'Content-Type: application/json'];
    const body = JSON.stringify({ data: 'x'.repeat(3_000) });
    client.send(...head, 'Transfer-Encoding: chunked', '', '');
    client.send((body.match(/.{1,4}/g) ?? []).map((piece) => `${piece.length}\r\n${piece}\r\n`).join(''));
    await until(() => world.budget.memory.heldBy('ann') >= body.length);
    expect(world.budget.memory.heldBy('ann')).toBeLessThanOrEqual(body.length * 2);
    client.send('0\r\n\r\n');
    await client.hears(' 201 ');

    client.close();
  });

  test('a body in thousands of the smallest pieces is cut off', async () => {
    await startWorld();
    const client = await world.connect();
    const head = ['POST /v1/channels/demo/events HTTP/1.1', 'Host: x', 'X-Principal: ann', 'Content-Type: application/json'];
    client.send(...head, 'Transfer-Encoding: chunked', '', '1\r\n \r\n'.repeat(3_000));
    await client.isClosed();

    await until(() => world.budget.memory.used === 0 && world.budget.bodies.used === 0);
    client.close();
  });

  test('bodies are bounded in number, and the oldest gives way to another user', async () => {
    await startWorld();
    const { bodies } = world.budget;
    const clients: RawClient[] = [];
    for (let count = 0; count < 3; count++) clients.push(await hold('ann', 20));
    await until(() => bodies.heldBy('ann') === 3);
    const others = Array.from({ length: bodies.total / 2 - 3 }, () => bodies.reserve('ann', 1, () => {}));
    expect(others.every((place) => place !== undefined)).toBe(true);
    const refused = await hold('ann', 20);
    await refused.hears(' 429 ');

    for (const user of ['bob', 'cid']) expect(bodies.reserve(user, bodies.shareOf(user), () => {})).toBeDefined();
    await until(() => clients.some(({ statuses }) => statuses.includes(429)));
    for (const client of [...clients, refused]) client.close();
  });
});
