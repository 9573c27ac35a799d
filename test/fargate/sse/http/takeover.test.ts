/** A stream takes its connection over from Node: what that could break. */
import { afterEach, describe, expect, test } from '@jest/globals';
import { headOf } from '../../../support/head-of.ts';
import { HttpWorld } from '../support/http-world.ts';
import type { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

const STREAM = 'GET /v1/events?channel=demo HTTP/1.1';
const END = ['', ''];

let world: HttpWorld;
let client: RawClient;

async function connect(): Promise<RawClient> {
  world = await new HttpWorld().listen();
  client = await world.connect();
  return client;
}

afterEach(async () => {
  client.close();
  await world.close();
});

function post(channel: string, data: string, ...headers: readonly string[]): readonly string[] {
  const body = JSON.stringify({ data });
  const head = [`POST /v1/channels/${channel}/events HTTP/1.1`, 'Host: x', 'Content-Type: application/json', ...headers];
  return [...head, `Content-Length: ${body.length}`, '', body];
}

/** A request inside something that is no request must not be carried out. */
async function expectNothingPublished(channel: string): Promise<void> {
  await world.post(channel, { data: 'the first' });
  expect((await headOf(world.log, channel)).seq).toBe(1);
}

describe('a stream is opened', () => {
  test('by a head that arrives byte by byte', async () => {
    await connect();
    for (const byte of [STREAM, 'Host: x', ...END].join('\r\n')) {
      client.send(byte);
      await new Promise(setImmediate);
    }
    await client.hears('id: ');
    expect(client.statuses).toEqual([200]);
  });

  test('on a connection that was kept alive after other requests', async () => {
    await connect();
    client.send(...post('demo', 'one'));
    await client.hears('"id"');
    client.send('GET /v1/events?channel=demo HTTP/1.1', 'Host: x', 'Accept: application/json', ...END);
    await client.hears('"cursor"');
    client.send(STREAM, 'Host: x', ...END);
    await client.hears('text/event-stream');
    await world.post('demo', { data: 'two' });
    await client.hears('data: two');
    expect(client.statuses).toEqual([201, 200, 200]);
  });

  test.each([
    ['h2c, as curl --http2 does', ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk']],
    ['websocket', ['Connection: Upgrade', 'Upgrade: websocket']],
  ])('for a client that offers to upgrade to %s', async (_protocol, headers) => {
    await connect();
    client.send(STREAM, 'Host: x', ...headers, ...END);
    await client.hears('id: ');
    expect(client.statuses).toEqual([200]);
  });

  test('by a target in absolute form, as proxies send it', async () => {
    await connect();
    client.send('GET http://x/v1/events?channel=demo HTTP/1.1', 'Host: x', ...END);
    await client.hears('id: ');
    expect(client.statuses).toEqual([200]);
  });

  test('with an empty body', async () => {
    await connect();
    client.send(STREAM, 'Host: x', 'Content-Length: 0', ...END);
    await client.hears('id: ');
  });
});

describe('a stream is closed', () => {
  test('when its client ends its side', async () => {
    await connect();
    client.send(STREAM, 'Host: x', ...END);
    await client.hears('id: ');
    client.socket.end();
    await until(() => world.hub.openStreams === 0);
    await client.isClosed();
  });

  test('when its client sends more, none of which is executed', async () => {
    await connect();
    client.send(STREAM, 'Host: x', ...END);
    await client.hears('id: ');
    client.send(...post('other', 'smuggled'));
    await until(() => world.hub.openStreams === 0);
    await client.isClosed();
    expect(client.statuses).toEqual([200]);
    await expectNothingPublished('other');
  });

  test('together with its connection, although its client does not read the rest', async () => {
    await connect();
    client.send(STREAM, 'Host: x', ...END);
    await client.hears('id: ');
    client.socket.pause();
    // More than the kernel takes.
    for (let index = 0; index < 100; index++) await world.hub.offer(await world.store('demo', 'x'.repeat(90_000)));
    world.hub.close();
    await new Promise((resolve) => world.server.close(resolve));
    expect(world.hub.openStreams).toBe(0);
  });
});

describe('a stream is refused, and its connection closed,', () => {
  const refused = async (code: string) => {
    await client.hears(`"code":"${code}"`);
    await client.isClosed();
    expect(world.hub.openStreams).toBe(0);
  };

  test('with another request right behind it, which is not executed', async () => {
    await connect();
    client.send(STREAM, 'Host: x', ...END.slice(1), ...post('other', 'pipelined'));
    await refused('bad_request');
    expect(client.statuses).toEqual([400]);
    await expectNothingPublished('other');
  });

  test('behind an unanswered request, whose response stays intact', async () => {
    await connect();
    client.send([...post('demo', 'first')].join('\r\n') + [STREAM, 'Host: x', ...END].join('\r\n'));
    await refused('bad_request');
    expect(client.statuses).toEqual([201, 400]);
    expect(client.heard).toMatch(/"publishedAt":"[^"]+"\}HTTP\/1\.1 400 /);
  });

  test.each([
    ['a counted body', ['Content-Length: 5', '', 'abcde']],
    ['a chunked body', ['Transfer-Encoding: chunked', '', '5', 'abcde', '0', ...END]],
    ['Expect: 100-continue', ['Expect: 100-continue', ...END]],
  ])('with %s', async (_what, rest) => {
    await connect();
    client.send(STREAM, 'Host: x', ...rest);
    await refused('bad_request');
    expect(client.statuses.at(-1)).toBe(400);
  });

  test('with headers beyond the limit', async () => {
    await connect();
    client.send(STREAM, 'Host: x', `X-Large: ${'x'.repeat(20_000)}`, ...END);
    await refused('headers_too_large');
    expect(client.statuses).toEqual([431]);
  });

  test('without Host', async () => {
    await connect();
    client.send(STREAM, ...END);
    await client.isClosed();
    expect(client.statuses).toEqual([400]);
  });

  test('for the reason that the hub gives', async () => {
    await connect();
    void world.hub.drain(0);
    client.send(STREAM, 'Host: x', ...END);
    await refused('task_draining');
    expect(client.heard).toContain('\r\nRetry-After: 2\r\n');
    expect(client.heard).toContain('\r\nConnection: close\r\n');
  });
});

/** Two readings of where a request ends, one here and one before: the second request would be somebody else's. */
describe('a request is not smuggled past in', () => {
  const smuggled = post('other', 'smuggled').join('\r\n');

  test.each([
    ['both framings', ['Content-Length: 4', 'Transfer-Encoding: chunked', '', '0', '', smuggled]],
    ['two lengths', ['Content-Length: 0', `Content-Length: ${smuggled.length}`, '', smuggled]],
    ['a length that is no number', ['Content-Length: +0', '', smuggled]],
    ['a framing that is not chunked at last', ['Transfer-Encoding: chunked, identity', '', '0', '', smuggled]],
    ['a framing with another spelling', ['Transfer-Encoding: xchunked', '', '0', '', smuggled]],
    ['a space before the colon', ['Transfer-Encoding : chunked', '', '0', '', smuggled]],
    ['a folded header', ['X-Folded: a', ' Content-Length: 0', '', smuggled]],
    ['a bare line feed', ['X-Bare: a\nContent-Length: 0', '', smuggled]],
    ['a bare carriage return', ['X-Bare: a\rContent-Length: 0', '', smuggled]],
    ['a NUL', ['X-Nul: a\0b', '', smuggled]],
    ['a body of a stream', [`Content-Length: ${smuggled.length}`, '', smuggled]],
    ['a chunk of a stream', ['Transfer-Encoding: chunked', '', smuggled.length.toString(16), smuggled, '0', ...END]],
  ])('%s', async (_how, rest) => {
    await connect();
    client.send(STREAM, 'Host: x', ...rest);
    await client.isClosed();
    expect(client.statuses).toEqual([400]);
    expect(world.hub.openStreams).toBe(0);
    await expectNothingPublished('other');
  });
});
