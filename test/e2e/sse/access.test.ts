import { once } from 'node:events';
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TokenRequest } from '../../../packages/assembly-local/issuer/issuer.ts';
import { type Entrance, testLogs, testRenewal, testTokens } from '../support/access.ts';
import { freshChannel } from '../support/clients.ts';
import { type InProcessRun, startInProcess } from '../support/in-process.ts';

let world: InProcessRun;

beforeAll(async () => {
  world = await startInProcess();
}, 60_000);

afterAll(async () => {
  await world.run.close();
}, 30_000);

const issue = (request: TokenRequest) => world.run.issuer.issue(request);

/** The status and the code of a request to the SSE lane. */
async function ask(method: string, path: string, headers: Record<string, string>, body?: string): Promise<string> {
  const request = http.request(`${world.run.urls.http}${path}`, { method, agent: false, headers });
  request.end(body);
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const { statusCode, headers: answered } = response;
  let text = '';
  // A stream goes on.
  if (answered['content-type']?.startsWith('text/event-stream')) request.destroy();
  else for await (const chunk of response.setEncoding('utf8')) text += chunk;
  const { code } = (text === '' ? {} : JSON.parse(text)) as { readonly code?: string };
  if (statusCode === 401) expect(answered['www-authenticate']).toMatch(/^Bearer /);
  return code === undefined ? `${statusCode}` : `${statusCode} ${code}`;
}
const event = (channel: string) => `/v1/channels/${channel}/events`;

const REFUSALS = { unauthorized: '401 unauthorized', expired: '401 token_expired', forbidden: '403 forbidden' } as const;

const ENTRANCES: Readonly<Record<string, Entrance>> = {
  stream: {
    carriers: ['authorization', 'cookie', 'query'],
    action: 'subscribe',
    send: ({ headers, query }, channel) =>
      ask('GET', `/v1/events?channel=${channel}&${query}`, { ...headers, accept: 'text/event-stream' }),
    answers: { right: '200', ...REFUSALS },
  },
  poll: {
    carriers: ['authorization', 'cookie', 'query'],
    action: 'subscribe',
    send: ({ headers, query }, channel) => ask('GET', `/v1/events?channel=${channel}&${query}`, { ...headers, accept: 'application/json' }),
    answers: { right: '200', ...REFUSALS },
  },
  'publishing by POST': {
    carriers: ['authorization', 'cookie'],
    action: 'publish',
    send: ({ headers }, channel) => ask('POST', event(channel), { ...headers, 'content-type': 'application/json' }, '{"data":"x"}'),
    answers: { right: '201', ...REFUSALS },
  },
};

describe.each(Object.entries(ENTRANCES))('%s', (_, entrance) => testTokens(() => world, entrance));

test('a refusal names the channel', async () => {
  const headers = { authorization: `Bearer ${issue({ subscribe: ['orders.*'] })}`, accept: 'application/json' };
  const response = await fetch(`${world.run.urls.http}/v1/events?channel=orders.1&channel=chat`, { headers });
  expect(await response.json()).toMatchObject({ code: 'forbidden', detail: expect.stringContaining('"chat"') });
});

test('publishing accepts no token in the query', async () => {
  const path = `${event('demo')}?token=${issue({})}`;
  expect(await ask('POST', path, { 'content-type': 'application/json' }, '{"data":"x"}')).toBe('401 unauthorized');
});

describe('the end of a token', () => {
  test('ends a stream with a frame that says so', async () => {
    const channel = freshChannel('expiring');
    const headers = { authorization: `Bearer ${issue({ subscribe: [channel], expiresInSeconds: 2 })}` };
    const response = await fetch(`${world.run.urls.http}/v1/events?channel=${channel}`, { headers });
    // The body ends when the stream does.
    expect(await response.text()).toMatch(/event: expired\ndata: \{"code":"token_expired"\}\n\n$/);
  }, 15_000);

  test('ends the waiting of a poll', async () => {
    const channel = freshChannel('expiring');
    const headers = { authorization: `Bearer ${issue({ subscribe: [channel], expiresInSeconds: 2 })}`, accept: 'application/json' };
    const startedAtMs = performance.now();
    const response = await fetch(`${world.run.urls.http}/v1/events?channel=${channel}&waitSeconds=25`, { headers });
    expect(await response.json()).toMatchObject({ events: [] });
    expect(performance.now() - startedAtMs).toBeLessThan(20_000);
  }, 30_000);

  testRenewal(() => world, ['sse', 'poll']);
});

describe('the session cookie', () => {
  const session = (method: string, headers: Record<string, string>) => fetch(`${world.run.urls.http}/v1/session`, { method, headers });

  test('is set for a valid token, hidden from scripts and other sites, for as long as the token lasts', async () => {
    const token = issue({ expiresInSeconds: 600 });
    const response = await session('POST', { authorization: `Bearer ${token}` });
    expect(response.status).toBe(204);
    const [cookie = '', ...attributes] = (response.headers.get('set-cookie') ?? '').split('; ');
    expect(cookie).toBe(`__Host-lanes=${token}`);
    expect(attributes).toEqual(['Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict', expect.stringMatching(/^Max-Age=(600|599|598)$/)]);
  });

  test('is not set for an invalid token, nor for a page of another origin', async () => {
    expect((await session('POST', { authorization: 'Bearer bad' })).status).toBe(401);
    expect((await session('POST', {})).status).toBe(401);
    const stolen = await session('POST', { authorization: `Bearer ${issue({})}`, origin: 'https://evil.example' });
    expect(stolen.status).toBe(403);
    expect(stolen.headers.get('set-cookie')).toBeNull();
  });

  test('is removed by DELETE', async () => {
    const response = await session('DELETE', {});
    expect(response.headers.get('set-cookie')).toMatch(/^__Host-lanes=; .*Max-Age=0$/);
  });
});

testLogs(() => world, Object.values(ENTRANCES));
