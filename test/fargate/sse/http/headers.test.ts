/** What the standards ask of heads, of requests and of answers. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { HttpWorld } from '../support/http-world.ts';
import type { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const PAGE = 'https://app.example.com';
const DATE = /\r\nDate: (Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\r\n/;

let world: HttpWorld;
let client: RawClient | undefined;

async function connect(): Promise<RawClient> {
  world = await new HttpWorld({ http: { origins: [PAGE] } }).listen();
  client = await world.connect();
  return client;
}

afterEach(async () => {
  client?.close();
  client = undefined;
  await world.close();
});

describe('Date is in the head', () => {
  test('of a stream', async () => {
    const { heard } = await ask('GET /v1/events?channel=demo HTTP/1.1', 'Host: x');
    expect(heard).toMatch(DATE);
  });

  test('of a stream that a page of another origin asks for', async () => {
    const { heard } = await ask('GET /v1/events?channel=demo HTTP/1.1', 'Host: x', `Origin: ${PAGE}`);
    expect(heard).toMatch(DATE);
    expect(heard).toContain(`\r\nAccess-Control-Allow-Origin: ${PAGE}\r\n`);
  });

  test('of a stream that is refused', async () => {
    const { heard } = await ask('GET /v1/events?channel=a%20b HTTP/1.1', 'Host: x');
    expect(heard).toMatch(/^HTTP\/1\.1 400 /);
    expect(heard).toMatch(DATE);
  });

  test('a request is refused with 400', async () => {
    const { heard } = await ask('nonsense');
    expect(heard).toMatch(DATE);
  });

  async function ask(...lines: readonly string[]): Promise<RawClient> {
    const asking = await connect();
    asking.send(...lines, '', '');
    await asking.hears('\r\n\r\n');
    return asking;
  }
});

test.each([
  ['204', 'OPTIONS', '/v1/events', {}],
  ['204', 'DELETE', '/v1/session', {}],
  ['304', 'GET', '/file', { 'If-None-Match': 'it' }],
])('%s to %s %s has no length, because it has no body', async (status, method, path, headers) => {
  const files = () => ({ status: 304, headers: { ETag: 'it' }, body: '' });
  world = await new HttpWorld({ http: { files } }).listen();
  const asking = await world.connect();
  client = asking;
  asking.send(`${method} ${path} HTTP/1.1`, 'Host: x', ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', '');
  await asking.hears('\r\n\r\n');
  expect(asking.heard).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(asking.heard).not.toMatch(/^(content-length|transfer-encoding|content-type):/im);
});

describe('a request is refused with 400', () => {
  const HOSTS: readonly (readonly [string, readonly string[]])[] = [
    ['two hosts', ['Host: x', 'Host: y']],
    ['the same host twice', ['Host: x', 'host: x']],
    ['three', ['Host: x', 'HOST: x', 'Host: x']],
    ['a host that is none', ['Host: x y']],
    ['a URL for a host', ['Host: http://x/']],
    ['a host with a user', ['Host: a@x']],
  ];
  const REQUESTS = [
    ['a stream', 'GET /v1/events?channel=demo HTTP/1.1'],
    ['a stream over HTTP/1.0', 'GET /v1/events?channel=demo HTTP/1.0'],
    ['a poll', 'GET /v1/events?channel=demo HTTP/1.1', 'Accept: application/json'],
    ['anything else', 'GET /healthz HTTP/1.1'],
  ] as const;

  test.each(HOSTS.flatMap(([what, hosts]) => REQUESTS.map(([request, ...head]) => [request, what, [...head, ...hosts]] as const)))(
    '%s with %s',
    async (_request, _what, lines) => {
      const asking = await connect();
      asking.send(...lines, '', '');
      await asking.isClosed();
      expect(asking.statuses).toEqual([400]);
      expect(asking.heard).toMatch(/"code":"bad_request","detail":"(the request has \d Host headers|Host is )/);
      expect(world.hub.openStreams).toBe(0);
    },
  );
});

test.each(['x', 'lanes.example.com:443', '127.0.0.1:8080', '[::1]:8080', 'a_b.internal', ''])('Host may be "%s"', async (host) => {
  const asking = await connect();
  asking.send('GET /v1/events?channel=demo HTTP/1.1', `Host: ${host}`, '', '');
  await asking.hears('id: ');
});

describe('a client gets a stream if it accepts', () => {
  test.each([
    'text/event-stream; charset=utf-8',
    'text/event-stream;charset="UTF-8"',
    'text/event-stream; charset=utf-8, application/json;q=0.5',
    'Text/Event-Stream',
    '',
    '  ',
    '*/*',
    'text/*',
    'text/event-stream, application/json',
  ])('"%s"', async (accept) => {
    const asking = await connect();
    asking.send('GET /v1/events?channel=demo HTTP/1.1', 'Host: x', `Accept: ${accept}`, '', '');
    await asking.hears('id: ');
    expect(asking.heard).toContain('\r\nContent-Type: text/event-stream\r\n');
  });

  test.each(['application/json', 'application/json; charset=utf-8', 'application/json, text/event-stream;q=0.5'])(
    'but a poll is what accepts "%s"',
    async (accept) => {
      world = await new HttpWorld().listen();
      const { status, body } = await world.raw('GET', '/v1/events?channel=demo', { accept });
      expect({ status, events: JSON.parse(body).events }).toEqual({ status: 200, events: [] });
    },
  );

  test.each(['text/event-stream; charset=iso-8859-1', 'text/html'])('and "%s" is neither', async (accept) => {
    world = await new HttpWorld().listen();
    expect(await world.raw('GET', '/v1/events?channel=demo', { accept })).toMatchObject({ status: 406 });
  });
});

test.each(['cache-control', 'x-requested-with', 'traceparent', 'tracestate', 'baggage', 'sentry-trace', 'last-event-id', 'authorization'])(
  'a page of another origin may send %s',
  async (header) => {
    world = await new HttpWorld({ http: { origins: [PAGE] } }).listen();
    const response = await world.fetch('/v1/events', {
      method: 'OPTIONS',
      headers: { origin: PAGE, 'access-control-request-method': 'GET', 'access-control-request-headers': header },
    });
    const allowed = response.headers.get('access-control-allow-headers') ?? '';
    expect(allowed.toLowerCase().split(', ')).toContain(header);
  },
);

describe('a stream requested in absolute form, as proxies do,', () => {
  test.each(['http://x/v1/events?channel=demo', 'HTTP://x:80/v1/events?channel=demo', 'https://x/v1/events?channel=demo'])(
    '%s is a stream',
    async (target) => {
      const asking = await connect();
      asking.send(`GET ${target} HTTP/1.1`, 'Host: x', 'Accept: text/event-stream', '', '');
      await asking.hears('id: ');
      await until(() => world.hub.openStreams === 1);
    },
  );
});

describe('channels named . and .. that no path can carry', () => {
  test.each([
    ['GET', '/v1/events?channel=.'],
    ['GET', '/v1/events?channel=..'],
    ['GET', '/v1/events?channel=%2e%2E'],
    ['GET', '/v1/events?channel=demo&channel=.'],
    ['POST', '/v1/channels/./events'],
    ['POST', '/v1/channels/%2e%2e/events'],
  ])('are refused: %s %s', async (method, path) => {
    world = await new HttpWorld().listen();
    const { status, body } = await world.raw(method, path, method === 'POST' ? { 'content-type': 'application/json' } : {});
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ code: 'invalid_channel', detail: expect.stringContaining('no URL path can carry it') });
  });

  test('but those that only begin with dots are not', async () => {
    world = await new HttpWorld().listen();
    expect((await world.post('...', { data: 'hello' })).status).toBe(201);
    expect((await world.post('.a', { data: 'hello' })).status).toBe(201);
  });
});

describe('a client asks for heartbeats by ?heartbeat=', () => {
  test('and gets them as often', async () => {
    const asking = await connect();
    world.hub.start();
    asking.send('GET /v1/events?channel=demo&heartbeat=4 HTTP/1.1', 'Host: x', '', '');
    await asking.hears('id: ');
    await world.clock.advance(4_000);
    await asking.hears('\n:\n');
  });

  test.each(['1', '0', '16', '5.5', '-5', '5s', '99999', '05'])('%s is not allowed', async (heartbeat) => {
    world = await new HttpWorld().listen();
    const { status, body } = await world.raw('GET', `/v1/events?channel=demo&heartbeat=${heartbeat}`);
    expect(status).toBe(400);
    expect(JSON.parse(body)).toMatchObject({
      code: 'invalid_parameter',
      detail: `heartbeat is "${heartbeat}", but must be a whole number of seconds from 2 to 15`,
    });
  });

  test('once', async () => {
    world = await new HttpWorld().listen();
    expect(await world.raw('GET', '/v1/events?channel=demo&heartbeat=4&heartbeat=5')).toMatchObject({ status: 400 });
  });
});
