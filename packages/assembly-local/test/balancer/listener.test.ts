import { once } from 'node:events';
import { Agent, get, type IncomingMessage, request } from 'node:http';
import { request as secureRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Action } from '../../balancer/listener.ts';
import { BalancerWorld, exchange, fetchText } from '../support/balancer.ts';

let world: BalancerWorld;

beforeEach(async () => {
  world = new BalancerWorld();
  await world.start();
});

afterEach(() => world.close());

describe('a distribution', () => {
  const HEADERS = () => ({ 'x-policy': 'kept' });

  async function distribution() {
    const objects = new Map([['index.html', { body: Buffer.from('page'), contentType: 'text/html', cacheControl: 'no-cache' }]]);
    const bucket = { name: 'site', host: 'site.s3.us-east-1.amazonaws.com', objects };
    const behaviors = [
      {
        matches: (path: string) => path.startsWith('/v1/'),
        headers: HEADERS,
        action: { kind: 'forward', targetGroup: world.group } as const,
      },
      { matches: () => true, headers: HEADERS, action: { kind: 'files', bucket, rootObject: 'index.html' } as const },
    ];
    return world.session(await world.front('https', { action: { kind: 'distribute', behaviors } }));
  }

  test('answers by the first behavior that matches the path, with its headers', async () => {
    const client = await distribution();
    const [ofTarget, ofBucket] = [await exchange(client, { ':path': '/v1/a?b=/' }), await exchange(client, { ':path': '/?v1/' })];
    expect([ofTarget.text, ofTarget.head['x-policy']]).toEqual(['ok', 'kept']);
    expect([ofBucket.text, ofBucket.head['x-policy'], ofBucket.head['cache-control']]).toEqual(['page', 'kept', 'no-cache']);
  });

  test('answers HEAD for a file with its length and without its body', async () => {
    const { head, text } = await exchange(await distribution(), { ':method': 'HEAD', ':path': '/index.html' });
    expect([head[':status'], head['content-length'], text]).toEqual([200, '4', '']);
  });

  test.each([
    ['GET', '/missing', 404],
    ['POST', '/', 403],
  ])('answers %s %s of a bucket with %i', async (method, path, status) => {
    const { head } = await exchange(await distribution(), { ':method': method, ':path': path });
    expect(head[':status']).toBe(status);
  });
});

describe('forwarding', () => {
  test('method, path, query, headers and body reach the target', async () => {
    let seen: unknown;
    world.serve = async (request, response) => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk;
      seen = { method: request.method, url: request.url, body, custom: request.headers['x-custom'], host: request.headers.host };
      response.writeHead(201, { 'x-answer': 'yes' }).end('made');
    };
    const { port, url } = await world.front('http');
    const answer = await fetchText(`${url}/a/b?c=%20d`, { method: 'POST', body: 'text', headers: { 'x-custom': '1' } });
    expect(seen).toEqual({ method: 'POST', url: '/a/b?c=%20d', body: 'text', custom: '1', host: `127.0.0.1:${port}` });
    expect([answer.status, answer.body, answer.headers.get('x-answer')]).toEqual([201, 'made', 'yes']);
  });

  test('the target learns who asked, and how', async () => {
    let headers: IncomingMessage['headers'] = {};
    world.serve = (request, response) => {
      headers = request.headers;
      response.end();
    };
    const made = await world.front('https');
    await exchange(world.session(made), { ':path': '/', 'x-forwarded-for': '10.0.0.1' });
    expect(headers).toMatchObject({
      'x-forwarded-for': '10.0.0.1, 127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': String(made.port),
      'x-amzn-trace-id': expect.stringMatching(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/),
      host: `127.0.0.1:${made.port}`,
    });
  });

  test('a client that speaks HTTP/2 gets HTTP/2, the target HTTP/1.1', async () => {
    let version = '';
    world.serve = (request, response) => {
      version = request.httpVersion;
      response.writeHead(200, { 'content-type': 'text/plain' }).end('over h2');
    };
    const { head, text } = await exchange(world.session(await world.front('https')), { ':path': '/x' });
    expect([head[':status'], head['content-type'], text, version]).toEqual([200, 'text/plain', 'over h2', '1.1']);
  });

  test('a body over HTTP/2 reaches the target', async () => {
    world.serve = (request, response) => request.pipe(response);
    const { text } = await exchange(world.session(await world.front('https')), { ':path': '/', ':method': 'POST' }, 'echo me');
    expect(text).toBe('echo me');
  });

  test('a client that speaks HTTP/1.1 over TLS is served too', async () => {
    const made = await world.front('https');
    const asking = secureRequest(made.url, { rejectUnauthorized: false, agent: false }).end();
    const [response] = await once(asking, 'response');
    expect([response.statusCode, response.httpVersion]).toEqual([200, '1.1']);
    response.resume();
  });

  test('headers of one connection do not travel over HTTP/2', async () => {
    world.serve = (_, response) =>
      response.writeHead(200, { connection: 'keep-alive, x-private', 'keep-alive': 'timeout=5', 'x-private': '1' }).end();
    const { head } = await exchange(world.session(await world.front('https')), { ':path': '/' });
    expect(Object.keys(head)).not.toEqual(expect.arrayContaining(['connection']));
    expect(head['keep-alive']).toBeUndefined();
    expect(head['x-private']).toBeUndefined();
  });

  test('a HEAD request gets the head only', async () => {
    world.serve = (_, response) => response.writeHead(200, { 'content-length': '5' }).end();
    const answer = await fetchText((await world.front('http')).url, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length'), answer.body]).toEqual([200, '5', '']);
  });
});

describe('answers of the balancer itself', () => {
  test('503 without targets', async () => {
    for (const one of world.group.targets) world.group.remove(one);
    const answer = await fetchText((await world.front('http')).url);
    expect([answer.status, answer.headers.get('server')]).toEqual([503, 'awselb/2.0']);
  });

  test('502 when the target refuses', async () => {
    world.target.close();
    world.target.closeAllConnections();
    expect((await fetchText((await world.front('http')).url)).status).toBe(502);
  });

  test('502 when the target hangs up before it answers', async () => {
    world.serve = (request) => request.socket.destroy();
    expect((await fetchText((await world.front('http')).url)).status).toBe(502);
  });

  test('502 over HTTP/2', async () => {
    world.serve = (request) => request.socket.destroy();
    expect((await exchange(world.session(await world.front('https')), { ':path': '/' })).head[':status']).toBe(502);
  });

  test('504 when the target says nothing for the idle timeout', async () => {
    world.serve = () => undefined;
    expect((await fetchText((await world.front('http', { idleTimeoutMs: 100 })).url)).status).toBe(504);
  });

  test('a redirect leads to the local port of the other listener', async () => {
    const action: Action = {
      kind: 'redirect',
      status: 301,
      protocol: 'HTTPS',
      host: '#{host}',
      port: '443',
      path: '/#{path}',
      query: '#{query}',
    };
    const made = await world.front('http', { action, localPort: (port) => port + 8000 });
    const answer = await fetchText(`${made.url}/v1/events?channel=a`);
    expect([answer.status, answer.headers.get('location')]).toEqual([301, 'https://127.0.0.1:8443/v1/events?channel=a']);
  });

  test('a fixed response', async () => {
    const action: Action = { kind: 'fixedResponse', status: 404, contentType: 'text/plain', body: 'nothing here' };
    const answer = await fetchText((await world.front('http', { action })).url);
    expect([answer.status, answer.body, answer.headers.get('content-type')]).toEqual([404, 'nothing here', 'text/plain']);
  });
});

describe('connections', () => {
  test('HTTP/2 clients may open 128 streams at a time', async () => {
    const client = world.session(await world.front('https'));
    await once(client, 'remoteSettings');
    expect(client.remoteSettings.maxConcurrentStreams).toBe(128);
  });

  test('HTTP/1.1 connections are kept for the next request', async () => {
    const made = await world.front('http');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    world.cleanups.push(() => agent.destroy());
    const ports: number[] = [];
    for (let n = 0; n < 2; n++) {
      const asking = request(made.url, { agent }).end();
      const [response] = await once(asking, 'response');
      ports.push((response.socket.address() as AddressInfo).port);
      response.resume();
      await once(response, 'end');
    }
    expect(ports[1]).toBe(ports[0]);
  });

  test('closing cuts open streams', async () => {
    world.serveStream();
    const made = await world.front('http');
    const [response] = await once(get(made.url, { agent: false }), 'response');
    response.resume();
    const broken = once(response, 'error');
    await made.close();
    await broken;
  });
});
