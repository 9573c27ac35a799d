/** How a stream's bytes are framed, so that a client can tell its end from a break. */
import { once } from 'node:events';
import { type IncomingMessage, request as sendRequest } from 'node:http';
import { afterEach, describe, expect, test } from '@jest/globals';
import { EVERYBODY } from '../../../support/access.ts';
import { ChunkReader } from '../support/chunks.ts';
import { parseStream } from '../support/fake-sink.ts';
import { HttpWorld } from '../support/http-world.ts';
import { idOf } from '../support/hub-world.ts';
import type { RawClient } from '../support/raw-client.ts';
import { until } from '../support/until.ts';

let world: HttpWorld;
let client: RawClient;

async function connect(options?: ConstructorParameters<typeof HttpWorld>[0]): Promise<RawClient> {
  world = await new HttpWorld(options).listen();
  client = await world.connect();
  return client;
}

afterEach(async () => {
  client.close();
  await world.close();
});

function heard(): { readonly head: string; readonly body: string } {
  const at = client.heard.indexOf('\r\n\r\n');
  return { head: client.heard.slice(0, at + 2), body: client.heard.slice(at + 4) };
}

describe('over HTTP/1.1', () => {
  const GET = (query: string, ...headers: readonly string[]) =>
    client.send(`GET /v1/events?${query} HTTP/1.1`, 'Host: x', 'Accept: text/event-stream', ...headers, '', '');

  test('every event is a chunk of its own, and contains nothing else', async () => {
    await connect();
    GET('channel=demo');
    await client.hears('id: ');
    const { id: one } = await (await world.post('demo', { data: 'größer' })).json();
    const { id: two } = await (await world.post('demo', { data: 'x'.repeat(20_000) })).json();
    await client.hears('xxx\n\n\r\n');
    expect(heard().head).toContain('\r\nTransfer-Encoding: chunked\r\n');
    const { chunks, isWhole, ended } = new ChunkReader().feed(heard().body);
    expect({ isWhole, ended }).toEqual({ isWhole: true, ended: false });
    expect(chunks.slice(1)).toEqual([
      Buffer.from(`id: ${one}\ndata: größer\n\n`).toString('latin1'),
      `id: ${two}\ndata: ${'x'.repeat(20_000)}\n\n`,
    ]);
  });

  test('openings, replays, resets, heartbeats and frames with composite ids are whole chunks', async () => {
    await connect();
    world.hub.start();
    const first = await world.store('a', '0');
    for (let index = 1; index <= 20; index++) await world.store('a', `${index} ${'ä'.repeat(5_000)}`);
    const b = await world.store('b', 'one');
    GET('channel=a&channel=b', `Last-Event-ID: a=${idOf(first)},b=old.7`);
    await client.hears('data: 20 ');
    await client.hears('event: reset');
    await world.post('b', { data: 'live' });
    await client.hears('data: live');
    await world.clock.advance(30_000);
    await client.hears('2\r\n:\n\r\n');
    const { text, isWhole } = new ChunkReader().feed(heard().body);
    expect(isWhole).toBe(true);
    const events = parseStream(text);
    expect(events).toHaveLength(22);
    expect(events.at(-1)).toMatchObject({ data: 'live', id: expect.stringContaining(`,b=${b.epoch}.2`) });
  });

  test('a stream that the server ends has its last chunk', async () => {
    await connect();
    GET('channel=demo');
    await client.hears('id: ');
    const drained = world.hub.drain(1_000);
    await world.clock.advance(1_000);
    await drained;
    await client.isClosed();
    expect(new ChunkReader().feed(heard().body).ended).toBe(true);
  });

  test('so does one whose token has expired', async () => {
    await connect({ http: { authenticate: () => ({ ...EVERYBODY, expiresAtMs: world.clock.nowMs() + 60_000 }) } });
    GET('channel=demo');
    await client.hears('id: ');
    await world.clock.advance(60_000);
    await client.isClosed();
    const reader = new ChunkReader().feed(heard().body);
    expect(reader.ended).toBe(true);
    expect(reader.chunks.at(-1)).toContain('event: expired');
  });

  test('an HTTP client sees an end as an end, and a broken connection as an error', async () => {
    await connect();
    const open = async (): Promise<IncomingMessage> => {
      const request = sendRequest(world.url('/v1/events?channel=demo'), { agent: false });
      request.on('error', () => {});
      request.end();
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      response.on('error', () => {}).resume();
      return response;
    };
    const [broken, drained] = [await open(), await open()];
    const brokenOver = new Promise((resolve) => broken.on('close', resolve));
    const drainedOver = new Promise((resolve) => drained.on('close', resolve));
    await until(() => world.hub.openStreams === 2);
    // As the end of its task does it.
    broken.socket.destroy();
    await brokenOver;
    void world.hub.drain(0);
    await world.clock.advance(1_000);
    await drainedOver;
    expect({ broken: broken.complete, drained: drained.complete }).toEqual({ broken: false, drained: true });
  });
});

describe('over HTTP/1.0', () => {
  test('a stream has no chunks, whatever is sent on it, and ends with the connection', async () => {
    await connect();
    world.hub.start();
    const first = await world.store('a', '0');
    for (let index = 1; index <= 20; index++) await world.store('a', `${index} ${'ä'.repeat(5_000)}`);
    client.send('GET /v1/events?channel=a&channel=b HTTP/1.0', `Last-Event-ID: a=${idOf(first)}`, '', '');
    await client.hears('data: 20 ');
    await world.post('a', { data: 'live' });
    await client.hears('data: live');
    await world.clock.advance(30_000);
    await client.hears('\n\n:\n');
    const drained = world.hub.drain(0);
    await world.clock.advance(1_000);
    await drained;
    await client.isClosed();
    expect(heard().head).not.toMatch(/transfer-encoding/i);
    const text = Buffer.from(heard().body, 'latin1').toString();
    expect(text).not.toMatch(/\r/);
    expect(parseStream(text).map(({ data }) => data.split(' ')[0])).toEqual([
      ...Array.from({ length: 20 }, (_, at) => `${at + 1}`),
      'live',
    ]);
  });

  test('a stream needs no Host', async () => {
    await connect();
    client.send('GET /v1/events?channel=demo HTTP/1.0', '', '');
    await client.hears('id: ');
    expect(client.statuses).toEqual([200]);
  });
});
