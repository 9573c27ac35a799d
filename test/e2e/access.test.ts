import { once } from 'node:events';
import http from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import type { ClientFrame, ServerFrame } from '../../backbone/protocol.ts';
import { connect } from '../../client/src/index.ts';
import type { TokenRequest } from '../../local/issuer/issuer.ts';
import { freshChannel, Inbox } from './support/clients.ts';
import { type InProcessRun, publishByFunction, startInProcess, until } from './support/in-process.ts';

/** An origin that the stage allows. */
const PAGE = 'http://localhost:5173';

let world: InProcessRun;

beforeAll(async () => {
  world = await startInProcess();
}, 60_000);

afterAll(async () => {
  await world.run.close();
}, 30_000);

const issue = (request: TokenRequest) => world.run.issuer.issue(request);
const nowSeconds = () => Math.floor(Date.now() / 1_000);
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

type Carrier = 'authorization' | 'cookie' | 'query' | 'subprotocol';

interface Request {
  readonly headers: Record<string, string>;
  readonly query: string;
  readonly subprotocols: string[];
}

/** What a client sends that has its token there; without a token what is left is nothing. */
function carry(carrier: Carrier, token: string | undefined): Request {
  const request = { headers: { origin: PAGE }, query: '', subprotocols: ['lanes.v1.json'] };
  if (token === undefined) return request;
  switch (carrier) {
    case 'authorization':
      return { ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } };
    case 'cookie':
      return { ...request, headers: { ...request.headers, cookie: `theme=dark; __Host-lanes=${token}` } };
    case 'query':
      return { ...request, query: `token=${token}` };
    case 'subprotocol':
      return { ...request, subprotocols: ['lanes.v1.json', `bearer.${token}`] };
  }
}

// lane: sse
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
// end lane

// lane: websocket
/** The status of the upgrade, or what a frame is answered. */
async function askSocket({ headers, query, subprotocols }: Request, frame: ClientFrame): Promise<string> {
  const url = `${world.run.urls.websocket}${query === '' ? '' : `?${query}`}`;
  const socket = new WebSocket(url, subprotocols, { headers });
  try {
    socket.on('error', () => undefined);
    const refused = once(socket, 'unexpected-response').then(([, response]) => `${(response as http.IncomingMessage).statusCode}`);
    const opened = once(socket, 'open').then(() => undefined);
    const status = await Promise.race([refused, opened]);
    if (status !== undefined) return status;
    expect(socket.protocol).toBe('lanes.v1.json');
    socket.send(JSON.stringify(frame));
    const [data] = await once(socket, 'message');
    const answer = JSON.parse(String(data)) as ServerFrame;
    return answer.kind === 'error' ? `error ${answer.code}` : answer.kind;
  } finally {
    socket.terminate();
  }
}
// end lane

interface Lane {
  readonly carriers: readonly Carrier[];
  readonly action: 'subscribe' | 'publish';
  readonly send: (request: Request, channel: string) => Promise<string>;
  /** What is answered to what may be done. */
  readonly right: string;
}

// lane: sse
const event = (channel: string) => `/v1/channels/${channel}/events`;
// end lane

const LANES: Readonly<Record<string, Lane>> = {
  // lane: sse
  stream: {
    carriers: ['authorization', 'cookie', 'query'],
    action: 'subscribe',
    send: ({ headers, query }, channel) =>
      ask('GET', `/v1/events?channel=${channel}&${query}`, { ...headers, accept: 'text/event-stream' }),
    right: '200',
  },
  poll: {
    carriers: ['authorization', 'cookie', 'query'],
    action: 'subscribe',
    send: ({ headers, query }, channel) => ask('GET', `/v1/events?channel=${channel}&${query}`, { ...headers, accept: 'application/json' }),
    right: '200',
  },
  'publishing by POST': {
    carriers: ['authorization', 'cookie'],
    action: 'publish',
    send: ({ headers }, channel) => ask('POST', event(channel), { ...headers, 'content-type': 'application/json' }, '{"data":"x"}'),
    right: '201',
  },
  // end lane
  // lane: websocket
  'subscribing by WebSocket': {
    carriers: ['authorization', 'cookie', 'query', 'subprotocol'],
    action: 'subscribe',
    send: (request, channel) => askSocket(request, { action: 'subscribe', channel }),
    right: 'subscribed',
  },
  'publishing by WebSocket': {
    carriers: ['authorization', 'cookie', 'query', 'subprotocol'],
    action: 'publish',
    send: (request, channel) => askSocket(request, { action: 'publish', channel, data: 'x' }),
    right: 'published',
  },
  // end lane
};

interface Case {
  readonly name: string;
  readonly token: (channel: string, action: Lane['action']) => string | undefined;
  /** Left out: what is answered to what may be done. */
  readonly http?: string;
  readonly socket?: string;
}

const good = (channel: string) => ({ subscribe: [channel], publish: [channel] });
const refused = { http: '401 unauthorized', socket: '401' };
const forbidden = { http: '403 forbidden', socket: 'error forbidden' };

/** The signature is changed at its start: the last bits of base64 may mean nothing. */
function withoutGoodSignature(token: string): string {
  const at = token.lastIndexOf('.') + 1;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}

function withoutSignature(token: string): string {
  const [header = '', claims] = token.split('.');
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { readonly kid: string };
  return `${encode({ alg: 'none', typ: 'JWT', kid })}.${claims}.`;
}

const CASES: readonly Case[] = [
  { name: 'no token', token: () => undefined, ...refused },
  { name: 'a bad signature', token: (channel) => withoutGoodSignature(issue(good(channel))), ...refused },
  { name: 'the wrong issuer', token: (channel) => issue({ ...good(channel), claims: { iss: 'https://other.example' } }), ...refused },
  { name: 'the wrong audience', token: (channel) => issue({ ...good(channel), claims: { aud: 'other' } }), ...refused },
  {
    name: 'an expired token',
    token: (channel) => issue({ ...good(channel), expiresInSeconds: -1 }),
    http: '401 token_expired',
    socket: '401',
  },
  {
    name: 'a token that is not valid yet',
    token: (channel) => issue({ ...good(channel), claims: { nbf: nowSeconds() + 60 } }),
    ...refused,
  },
  { name: 'alg: none', token: (channel) => withoutSignature(issue(good(channel))), ...refused },
  { name: 'a token for another channel', token: () => issue(good('another')), ...forbidden },
  {
    name: 'a token for another action',
    token: (channel, action) => issue({ [action === 'subscribe' ? 'publish' : 'subscribe']: [channel] }),
    ...forbidden,
  },
  { name: 'the right token', token: (channel, action) => issue({ [action]: [channel] }) },
];

describe.each(Object.entries(LANES))('%s', (name, lane) => {
  const rows = lane.carriers.flatMap((carrier) => CASES.map((each) => ({ carrier, each })));

  test.each(rows.map((row) => [row.carrier, row.each.name, row] as const))('%s: %s', async (_, __, { carrier, each }) => {
    const channel = freshChannel('access');
    const expected = name.includes('WebSocket') ? each.socket : each.http;
    expect(await lane.send(carry(carrier, each.token(channel, lane.action)), channel)).toBe(expected ?? lane.right);
  });
});

// lane: sse
test('a refusal names the channel', async () => {
  const headers = { authorization: `Bearer ${issue({ subscribe: ['orders.*'] })}`, accept: 'application/json' };
  const response = await fetch(`${world.run.urls.http}/v1/events?channel=orders.1&channel=chat`, { headers });
  expect(await response.json()).toMatchObject({ code: 'forbidden', detail: expect.stringContaining('"chat"') });
});

test('publishing takes no token from the query', async () => {
  const path = `${event('demo')}?token=${issue({})}`;
  expect(await ask('POST', path, { 'content-type': 'application/json' }, '{"data":"x"}')).toBe('401 unauthorized');
});
// end lane

describe('the end of a token', () => {
  // lane: sse
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
  // end lane

  // lane: websocket
  test('ends a quiet WebSocket, by a frame that says so and then the close; what it could have had meanwhile it does not get', async () => {
    const channel = freshChannel('expiring');
    const token = issue({ subscribe: [channel], expiresInSeconds: 3 });
    const socket = new WebSocket(world.run.urls.websocket, ['lanes.v1.json', `bearer.${token}`]);
    const frames = new Inbox<ServerFrame>();
    socket.on('message', (data) => frames.push(JSON.parse(String(data)) as ServerFrame));
    const closed = once(socket, 'close');
    await once(socket, 'open');
    socket.send(JSON.stringify({ action: 'subscribe', channel }));
    await frames.count(1);
    await until('the token has expired', () => JSON.parse(atob(token.split('.')[1] ?? '')).exp * 1_000 < Date.now());

    await publishByFunction(world.run, channel, 'too late');
    world.run.fireSchedules();
    // API Gateway's own code for a connection that was deleted: it has no other.
    expect((await closed)[0]).toBe(1000);
    expect(frames.items.map((frame) => (frame.kind === 'error' ? frame.code : frame.kind))).toEqual(['subscribed', 'token_expired']);
  }, 60_000);
  // end lane

  test.each([
    // lane: sse
    'sse',
    'poll',
    // end lane
    // lane: websocket
    'websocket',
    // end lane
  ] as const)(
    'is no gap for the client over %s: it comes back with a new token, at its cursor',
    async (transport) => {
      const { urls } = world.run;
      const channel = freshChannel('renewing');
      let tokens = 0;
      const connection = connect({
        ...(urls.http !== '' && { url: urls.http }),
        ...(urls.websocket !== '' && { websocketUrl: urls.websocket }),
        transport,
        token: () => issue({ subscribe: [channel], expiresInSeconds: ++tokens < 3 ? 2 : 600 }),
        reconnectMaxMs: 500,
        pollWaitSeconds: 1,
        pingIntervalMs: 1_000,
      });
      const got: string[] = [];
      const subscription = connection.subscribe(channel);
      subscription.addEventListener('event', ({ detail }) => got.push(detail.data));
      await subscription.ready;
      const sent: string[] = [];
      while (tokens < 3) {
        sent.push(`${sent.length + 1}`);
        await publishByFunction(world.run, channel, sent.at(-1) ?? '');
      }
      await until('everything has come', () => got.length >= sent.length);
      connection.close();
      expect(got).toEqual(sent);
    },
    60_000,
  );
});

// lane: sse
describe('the session cookie', () => {
  const session = (method: string, headers: Record<string, string>) => fetch(`${world.run.urls.http}/v1/session`, { method, headers });

  test('is set for a good token, out of reach of scripts and other sites, for as long as the token lasts', async () => {
    const token = issue({ expiresInSeconds: 600 });
    const response = await session('POST', { authorization: `Bearer ${token}` });
    expect(response.status).toBe(204);
    const [cookie = '', ...attributes] = (response.headers.get('set-cookie') ?? '').split('; ');
    expect(cookie).toBe(`__Host-lanes=${token}`);
    expect(attributes).toEqual(['Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict', expect.stringMatching(/^Max-Age=(600|599|598)$/)]);
  });

  test('is not set for a bad one, nor for the page of somebody else', async () => {
    expect((await session('POST', { authorization: 'Bearer bad' })).status).toBe(401);
    expect((await session('POST', {})).status).toBe(401);
    const stolen = await session('POST', { authorization: `Bearer ${issue({})}`, origin: 'https://evil.example' });
    expect(stolen.status).toBe(403);
    expect(stolen.headers.get('set-cookie')).toBeNull();
  });

  test('is taken back by DELETE', async () => {
    const response = await session('DELETE', {});
    expect(response.headers.get('set-cookie')).toMatch(/^__Host-lanes=; .*Max-Age=0$/);
  });
});
// end lane

test('no log of the service or of a function holds a token, whatever became of it', () => {
  expect(world.lines.length).toBeGreaterThan(0);
  // Every token begins with the same header.
  expect(world.lines.filter((line) => line.includes(world.run.token.split('.')[0] ?? ''))).toEqual([]);
});
