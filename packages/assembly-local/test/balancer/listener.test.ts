import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { type ClientHttp2Session, connect } from 'node:http2';
import { request as secureRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Action, Listener } from '../../balancer/listener.ts';
import { TargetGroup } from '../../balancer/target-group.ts';
import { type Certificate, makeCertificate } from '../../certificate.ts';
import { listen } from '../../loopback.ts';
import { until } from '../support/until.ts';

let certificate: Certificate;
let target: Server;
let group: TargetGroup;
let serve: (request: IncomingMessage, response: ServerResponse) => void;
const cleanups: (() => unknown)[] = [];

beforeAll(async () => {
  certificate = await makeCertificate();
});

beforeEach(async () => {
  serve = (_, response) => response.end('ok');
  target = createServer((request, response) => serve(request, response));
  const port = await listen(target);
  group = new TargetGroup({
    arn: 'arn',
    deregistrationDelayMs: 0,
    healthCheck: { path: '/', intervalMs: 60_000, timeoutMs: 500, healthyThreshold: 1, unhealthyThreshold: 2, matcher: '200' },
  });
  await group.register(port).healthy;
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  group.close();
  target.closeAllConnections();
  target.close();
});

async function front(
  protocol: 'http' | 'https',
  options: { action?: Action; idleTimeoutMs?: number; localPort?: (port: number) => number } = {},
) {
  const made = new Listener({
    protocol,
    certificate,
    action: { kind: 'forward', targetGroup: group },
    idleTimeoutMs: 5000,
    localPort: () => undefined,
    ...options,
  });
  await made.listen();
  cleanups.push(() => made.close());
  return made;
}

function session(made: Listener): ClientHttp2Session {
  const client = connect(made.url, { rejectUnauthorized: false });
  client.on('error', () => undefined);
  cleanups.push(() => client.destroy());
  return client;
}

async function fetchText(url: string, init: RequestInit = {}): Promise<{ status: number; body: string; headers: Headers }> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  return { status: response.status, body: await response.text(), headers: response.headers };
}

/** One exchange over HTTP/2. */
async function exchange(client: ClientHttp2Session, headers: Record<string, string>, body = '') {
  const stream = client.request(headers, { endStream: body === '' });
  if (body !== '') stream.end(body);
  const [head] = await once(stream, 'response');
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return { head, text };
}

/** Answers with a stream that stays open; the test writes into it. */
function serveStream(): { readonly opened: Promise<ServerResponse>; closed: boolean } {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  const state = { opened: promise, closed: false };
  serve = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked' });
    response.flushHeaders();
    response.on('close', () => {
      state.closed = true;
    });
    resolve(response);
  };
  return state;
}

describe('a distribution', () => {
  const HEADERS = () => ({ 'x-policy': 'kept' });

  async function distribution() {
    const objects = new Map([['index.html', { body: Buffer.from('page'), contentType: 'text/html', cacheControl: 'no-cache' }]]);
    const bucket = { name: 'site', host: 'site.s3.us-east-1.amazonaws.com', objects };
    const behaviors = [
      { matches: (path: string) => path.startsWith('/v1/'), headers: HEADERS, action: { kind: 'forward', targetGroup: group } as const },
      { matches: () => true, headers: HEADERS, action: { kind: 'files', bucket, rootObject: 'index.html' } as const },
    ];
    return session(await front('https', { action: { kind: 'distribute', behaviors } }));
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
    serve = async (request, response) => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk;
      seen = { method: request.method, url: request.url, body, custom: request.headers['x-custom'], host: request.headers.host };
      response.writeHead(201, { 'x-answer': 'yes' }).end('made');
    };
    const { port, url } = await front('http');
    const answer = await fetchText(`${url}/a/b?c=%20d`, { method: 'POST', body: 'text', headers: { 'x-custom': '1' } });
    expect(seen).toEqual({ method: 'POST', url: '/a/b?c=%20d', body: 'text', custom: '1', host: `127.0.0.1:${port}` });
    expect([answer.status, answer.body, answer.headers.get('x-answer')]).toEqual([201, 'made', 'yes']);
  });

  test('the target learns who asked, and how', async () => {
    let headers: IncomingMessage['headers'] = {};
    serve = (request, response) => {
      headers = request.headers;
      response.end();
    };
    const made = await front('https');
    await exchange(session(made), { ':path': '/', 'x-forwarded-for': '10.0.0.1' });
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
    serve = (request, response) => {
      version = request.httpVersion;
      response.writeHead(200, { 'content-type': 'text/plain' }).end('over h2');
    };
    const { head, text } = await exchange(session(await front('https')), { ':path': '/x' });
    expect([head[':status'], head['content-type'], text, version]).toEqual([200, 'text/plain', 'over h2', '1.1']);
  });

  test('a body over HTTP/2 reaches the target', async () => {
    serve = (request, response) => request.pipe(response);
    const { text } = await exchange(session(await front('https')), { ':path': '/', ':method': 'POST' }, 'echo me');
    expect(text).toBe('echo me');
  });

  test('a client that speaks HTTP/1.1 over TLS is served too', async () => {
    const made = await front('https');
    const asking = secureRequest(made.url, { rejectUnauthorized: false, agent: false }).end();
    const [response] = await once(asking, 'response');
    expect([response.statusCode, response.httpVersion]).toEqual([200, '1.1']);
    response.resume();
  });

  test('headers of one connection do not travel over HTTP/2', async () => {
    serve = (_, response) =>
      response.writeHead(200, { connection: 'keep-alive, x-private', 'keep-alive': 'timeout=5', 'x-private': '1' }).end();
    const { head } = await exchange(session(await front('https')), { ':path': '/' });
    expect(Object.keys(head)).not.toEqual(expect.arrayContaining(['connection']));
    expect(head['keep-alive']).toBeUndefined();
    expect(head['x-private']).toBeUndefined();
  });

  test('a HEAD request gets the head only', async () => {
    serve = (_, response) => response.writeHead(200, { 'content-length': '5' }).end();
    const answer = await fetchText((await front('http')).url, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length'), answer.body]).toEqual([200, '5', '']);
  });
});

describe('streams', () => {
  test('the head arrives before the first byte of the body, and each chunk as it is written', async () => {
    const stream = serveStream();
    const [response] = await once(get((await front('http')).url, { agent: false }), 'response');
    const upstream = await stream.opened;
    const chunks: string[] = [];
    response.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
    for (const text of ['one', 'two']) {
      upstream.write(text);
      await until(`${text} arrives`, () => chunks.at(-1) === text);
    }
    upstream.end();
    await once(response, 'end');
  });

  test('the same over HTTP/2, several on one connection', async () => {
    const responses: ServerResponse[] = [];
    serve = (_, response) => {
      response.writeHead(200).flushHeaders();
      responses.push(response);
    };
    const client = session(await front('https'));
    const streams = [client.request({ ':path': '/a' }), client.request({ ':path': '/b' })];
    const received = streams.map(() => '');
    for (const [at, stream] of streams.entries()) {
      await once(stream, 'response');
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        received[at] += chunk;
      });
    }
    for (const response of responses) response.write('hello');
    await until('both arrive', () => received.every((text) => text === 'hello'));
  });

  test('a client that leaves takes its request at the target with it', async () => {
    const stream = serveStream();
    // The idle timeout, which would end it anyway, is longer than this test may take.
    const asking = get((await front('http', { idleTimeoutMs: 600_000 })).url, { agent: false });
    await once(asking, 'response');
    await stream.opened;
    asking.destroy();
    await until('the target knows', () => stream.closed);
    expect(group.targets[0]?.outstanding).toBe(0);
  });

  test('so does a cancelled HTTP/2 stream, and its neighbours stay', async () => {
    const closed: string[] = [];
    serve = (request, response) => {
      response.writeHead(200).flushHeaders();
      response.on('close', () => closed.push(request.url ?? ''));
    };
    const client = session(await front('https', { idleTimeoutMs: 600_000 }));
    const [gone, stays] = [client.request({ ':path': '/gone' }), client.request({ ':path': '/stays' })];
    await Promise.all([once(gone, 'response'), once(stays, 'response')]);
    gone.close();
    await until('the target knows', () => closed.length > 0);
    expect(closed).toEqual(['/gone']);
  });

  test('a target that breaks off breaks off the answer, which does not look complete', async () => {
    const stream = serveStream();
    const [response] = await once(get((await front('http')).url, { agent: false }), 'response');
    response.resume();
    (await stream.opened).destroy();
    const [error] = await once(response, 'error');
    expect(error.code).toBe('ECONNRESET');
  });

  test('the same over HTTP/2 resets the stream', async () => {
    const stream = serveStream();
    const client = session(await front('https'));
    const asking = client.request({ ':path': '/' });
    await once(asking, 'response');
    asking.resume();
    (await stream.opened).destroy();
    await expect(once(asking, 'end')).rejects.toMatchObject({ code: 'ERR_HTTP2_STREAM_ERROR' });
  });

  test('a stream that stays silent for the idle timeout is cut', async () => {
    const stream = serveStream();
    const [response] = await once(get((await front('http', { idleTimeoutMs: 100 })).url, { agent: false }), 'response');
    response.resume();
    await once(response, 'error');
    await until('the target knows', () => stream.closed);
  });

  test('one that says something in time is not', async () => {
    const stream = serveStream();
    const [response] = await once(get((await front('http', { idleTimeoutMs: 400 })).url, { agent: false }), 'response');
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    const upstream = await stream.opened;
    const beats = setInterval(() => upstream.write('.'), 100);
    await until('it outlives the timeout', () => text.length >= 8);
    clearInterval(beats);
    upstream.end();
    await once(response, 'end');
  });

  test('a slow reader slows the target down instead of filling the balancer', async () => {
    const stream = serveStream();
    const [response] = await once(get((await front('http')).url, { agent: false }), 'response');
    response.pause();
    const upstream = await stream.opened;
    for (let n = 0; n < 64; n++) upstream.write(Buffer.alloc(1024 * 1024));
    let unsent = 0;
    await until('the bytes stop flowing', async () => {
      const before = unsent;
      await sleep(50);
      unsent = upstream.writableLength;
      return unsent === before;
    });
    // The buffers of the kernel take some megabytes; the rest has to wait at the target.
    expect(unsent).toBeGreaterThan(32 * 1024 * 1024);
    response.destroy();
  });
});

describe('answers of the balancer itself', () => {
  test('503 without targets', async () => {
    for (const one of group.targets) group.remove(one);
    const answer = await fetchText((await front('http')).url);
    expect([answer.status, answer.headers.get('server')]).toEqual([503, 'awselb/2.0']);
  });

  test('502 when the target refuses', async () => {
    target.close();
    target.closeAllConnections();
    expect((await fetchText((await front('http')).url)).status).toBe(502);
  });

  test('502 when the target hangs up before it answers', async () => {
    serve = (request) => request.socket.destroy();
    expect((await fetchText((await front('http')).url)).status).toBe(502);
  });

  test('502 over HTTP/2', async () => {
    serve = (request) => request.socket.destroy();
    expect((await exchange(session(await front('https')), { ':path': '/' })).head[':status']).toBe(502);
  });

  test('504 when the target says nothing for the idle timeout', async () => {
    serve = () => undefined;
    expect((await fetchText((await front('http', { idleTimeoutMs: 100 })).url)).status).toBe(504);
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
    const made = await front('http', { action, localPort: (port) => port + 8000 });
    const answer = await fetchText(`${made.url}/v1/events?channel=a`);
    expect([answer.status, answer.headers.get('location')]).toEqual([301, 'https://127.0.0.1:8443/v1/events?channel=a']);
  });

  test('a fixed response', async () => {
    const action: Action = { kind: 'fixedResponse', status: 404, contentType: 'text/plain', body: 'nothing here' };
    const answer = await fetchText((await front('http', { action })).url);
    expect([answer.status, answer.body, answer.headers.get('content-type')]).toEqual([404, 'nothing here', 'text/plain']);
  });
});

describe('connections', () => {
  test('HTTP/2 clients may open 128 streams at a time', async () => {
    const client = session(await front('https'));
    await once(client, 'remoteSettings');
    expect(client.remoteSettings.maxConcurrentStreams).toBe(128);
  });

  test('HTTP/1.1 connections are kept for the next request', async () => {
    const made = await front('http');
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    cleanups.push(() => agent.destroy());
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
    serveStream();
    const made = await front('http');
    const [response] = await once(get(made.url, { agent: false }), 'response');
    response.resume();
    const broken = once(response, 'error');
    await made.close();
    await broken;
  });
});
