import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHttp2Fetch, type Http2Fetch } from '../../../both/compare/http2-fetch.ts';

let server: Http2Server;
let sessions: ServerHttp2Session[];
let origin: string;
let http: Http2Fetch;

beforeEach(async () => {
  sessions = [];
  server = createServer();
  server.on('session', (session) => sessions.push(session));
  server.on('stream', (stream: ServerHttp2Stream, { ':method': method, ':path': path, authorization }) => {
    stream.on('error', () => undefined);
    stream.respond({ ':status': path === '/missing' ? 404 : 200, 'content-type': 'text/plain' });
    if (path === '/stream') stream.write('begun');
    else if (method === 'POST') void text(stream).then((body) => stream.end(`${authorization} posted ${body}`));
    else stream.end('answer');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  http = createHttp2Fetch(origin);
});

afterEach(() => {
  http.close();
  for (const session of sessions) session.destroy();
  server.close();
});

test('a POST beside an open stream shares its connection', async () => {
  const { body } = await http.fetch(`${origin}/stream`);
  await body?.getReader().read();
  const posted = await http.fetch(`${origin}/post`, { method: 'POST', body: 'this', headers: { authorization: 'me' } });

  expect(await posted.text()).toBe('me posted this');
  expect(sessions).toHaveLength(1);
  expect(http.requests).toBe(2);
});

test('status and headers are those of the answer', async () => {
  const answer = await http.fetch(`${origin}/missing`);
  expect([answer.status, answer.ok, answer.headers.get('content-type')]).toEqual([404, false, 'text/plain']);
});

test('an answer that is cut off rejects, and does not look complete; the next request opens another connection', async () => {
  const { body } = await http.fetch(`${origin}/stream`);
  const reader = body?.getReader();
  expect(Buffer.from((await reader?.read())?.value ?? '').toString()).toBe('begun');
  sessions[0]?.destroy();
  await expect(reader?.read()).rejects.toThrow('the connection was lost');

  expect(await (await http.fetch(`${origin}/again`)).text()).toBe('answer');
  expect(sessions).toHaveLength(2);
});

test('a server that is not there rejects', async () => {
  const nobody = createHttp2Fetch('http://127.0.0.1:1');
  await expect(nobody.fetch('http://127.0.0.1:1/')).rejects.toThrow('the connection was lost');
});

test('an aborted signal ends a stream with its reason', async () => {
  const stop = new AbortController();
  const { body } = await http.fetch(`${origin}/stream`, { signal: stop.signal });
  const reader = body?.getReader();
  await reader?.read();
  stop.abort(new Error('enough'));
  await expect(reader?.read()).rejects.toThrow('enough');
});

test('a body that nobody wants can be cancelled', async () => {
  const { body } = await http.fetch(`${origin}/stream`);
  await body?.cancel();
  expect(await (await http.fetch(`${origin}/again`)).text()).toBe('answer');
});
