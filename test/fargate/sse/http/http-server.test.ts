import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { loadStaticFiles } from '../../../../fargate/sse/http/static-files.ts';
import { HttpWorld } from '../support/http-world.ts';

let world: HttpWorld;

afterEach(() => world.close());

describe('health', () => {
  test('a task is alive while it runs and drains', async () => {
    world = await new HttpWorld().listen();
    expect((await world.fetch('/healthz')).status).toBe(200);
    await world.hub.drain(0);
    expect((await world.fetch('/healthz')).status).toBe(200);
  });

  test('a task is ready only while it accepts new streams', async () => {
    world = await new HttpWorld().listen();
    expect((await world.fetch('/readyz')).status).toBe(200);
    await world.hub.drain(0);
    expect((await world.fetch('/readyz')).status).toBe(503);
  });

  test('HEAD is answered without a body', async () => {
    world = await new HttpWorld().listen();
    expect(await world.raw('HEAD', '/healthz')).toMatchObject({ status: 200, body: '' });
  });

  test('a draining task asks clients to use another connection', async () => {
    world = await new HttpWorld().listen();
    await world.hub.drain(0);
    expect((await world.fetch('/healthz')).headers.get('connection')).toBe('close');
  });
});

describe('wrong requests', () => {
  test.each([
    ['GET', '/nowhere', 404, 'not_found'],
    ['GET', '/v1/channels/demo', 404, 'not_found'],
    ['GET', '/v1/events/', 404, 'not_found'],
    ['GET', '//v1/events', 404, 'not_found'],
    ['GET', '/../etc/passwd', 404, 'not_found'],
    ['GET', '/__proto__', 404, 'not_found'],
    ['OPTIONS', '*', 400, 'invalid_parameter'],
    ['GET', '/console.json', 404, 'not_found'],
    ['GET', '/v1/events', 400, 'invalid_channel'],
    ['GET', '/v1/events?channel=', 400, 'invalid_channel'],
    ['GET', '/v1/events?channel=bad%20name', 400, 'invalid_channel'],
    ['GET', `/v1/events?${Array.from({ length: 33 }, (_, index) => `channel=c${index}`).join('&')}`, 400, 'too_many_channels'],
    ['GET', '/v1/events?channel=demo&lastEventId=nonsense', 400, 'invalid_cursor'],
    ['GET', '/v1/events?channel=a&channel=b&lastEventId=e1.7', 400, 'invalid_cursor'],
    ['GET', '/v1/events?channel=demo&lastEventId=e1.1&lastEventId=e1.2', 400, 'invalid_parameter'],
    ['GET', '/v1/events?channel=demo&after=e1.1', 400, 'invalid_parameter'],
  ])('%s %s is a problem with status %d', async (method, path, status, code) => {
    world = await new HttpWorld().listen();
    const answer = await world.raw(method, path);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ type: 'about:blank', status, code });
    expect(world.hub.openStreams).toBe(0);
  });

  test('a bad cursor is named in the error', async () => {
    world = await new HttpWorld().listen();
    const { body } = await world.raw('GET', '/v1/events?channel=demo', { 'Last-Event-ID': 'nonsense' });
    expect(JSON.parse(body).detail).toContain('"nonsense"');
  });

  test('?after= on a stream is answered with the right parameter', async () => {
    world = await new HttpWorld().listen();
    const { body } = await world.raw('GET', '/v1/events?channel=demo&after=e1.1');
    expect(JSON.parse(body).detail).toMatch(/Last-Event-ID.*lastEventId/);
  });

  test.each([
    ['POST', '/v1/events', 'GET'],
    ['HEAD', '/v1/events', 'GET'],
    ['GET', '/v1/channels/demo/events', 'POST'],
    ['DELETE', '/healthz', 'GET, HEAD'],
    ['OPTIONS', '/healthz', 'GET, HEAD'],
  ])('%s %s is 405 and allows %s', async (method, path, allow) => {
    world = await new HttpWorld().listen();
    expect(await world.raw(method, path)).toMatchObject({ status: 405, allow });
  });

  test('bytes that are not HTTP get a problem, and no other connection is affected', async () => {
    world = await new HttpWorld().listen();
    const client = await world.connect();
    client.send('nonsense', '', '');
    await client.isClosed();
    expect(client.heard).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(client.heard).toContain('"code":"bad_request"');
    expect((await world.fetch('/healthz')).status).toBe(200);
  });

  test('headers beyond the limit get 431', async () => {
    world = await new HttpWorld().listen();
    const { status, body } = await world.raw('GET', '/healthz', { 'X-Large': 'x'.repeat(20_000) });
    expect(status).toBe(431);
    expect(JSON.parse(body).code).toBe('headers_too_large');
  });

  test('an internal error is 500 without details', async () => {
    world = await new HttpWorld({
      http: {
        files: () => {
          throw new Error('secret of the code');
        },
      },
    }).listen();
    const { status, body } = await world.raw('GET', '/nowhere');
    expect(status).toBe(500);
    expect(body).not.toContain('secret');
    expect(body).not.toContain('.ts');
  });
});

describe('the console', () => {
  let directory: string;

  async function start(consoleConfig = ''): Promise<void> {
    directory = mkdtempSync(join(tmpdir(), 'lanes-http-'));
    mkdirSync(join(directory, 'assets'));
    writeFileSync(join(directory, 'index.html'), '<!doctype html><title>Lanes</title>');
    writeFileSync(join(directory, 'assets', 'main.js'), 'export {}');
    world = await new HttpWorld({ http: { files: loadStaticFiles(directory), consoleConfig } }).listen();
    rmSync(directory, { recursive: true });
  }

  test('the page is at the root, with its type', async () => {
    await start();
    const response = await world.fetch('/');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).toContain('<title>Lanes</title>');
  });

  test('its files are at their own paths', async () => {
    await start();
    const response = await world.fetch('/assets/main.js');
    expect(response.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('a file that the browser has cached is not sent again', async () => {
    await start();
    const { headers } = await world.fetch('/');
    const again = await world.raw('GET', '/', { 'If-None-Match': headers.get('etag') ?? '' });
    expect(again).toMatchObject({ status: 304, body: '' });
  });

  test('HEAD is answered without a body', async () => {
    await start();
    expect(await world.raw('HEAD', '/')).toMatchObject({ status: 200, body: '' });
  });

  test('a path without a file is 404', async () => {
    await start();
    for (const path of ['/assets', '/assets/', '/assets/../index.html', '/assets/%2e%2e/index.html', '/index']) {
      expect((await world.raw('GET', path)).status).toBe(404);
    }
  });

  test('its configuration is served unchanged', async () => {
    await start('{"websocket":"wss://x/dev"}');
    const response = await world.fetch('/console.json');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.text()).toBe('{"websocket":"wss://x/dev"}');
  });
});

test('a client that sends its headers slowly is disconnected', async () => {
  world = new HttpWorld();
  expect(world.server.headersTimeout).toBeLessThanOrEqual(10_000);
  expect(world.server.requestTimeout).toBeLessThanOrEqual(30_000);
  expect(world.server.keepAliveTimeout).toBe(70_000);
  await world.listen();
});
