import { once } from 'node:events';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeCertificate } from '../../../packages/assembly-local/certificate.ts';
import { until } from '../../../test/support/until.ts';
import type { Lane, StreamHandlers } from '../../load/lane.ts';
import { createSseHttp2Lane, speaksHttp2 } from '../../load/sse-http2-lane.ts';

let server: Http2SecureServer;
let lane: Lane | undefined;
/** Of this test's server: a session of the one before may close late. */
let sessions: { opened: number; closed: number };

beforeEach(async () => {
  const own = { opened: 0, closed: 0 };
  sessions = own;
  server = createSecureServer({ ...(await makeCertificate()), settings: { maxConcurrentStreams: 3 } });
  server.on('session', (session) => {
    own.opened++;
    session.on('close', () => own.closed++);
  });
  server.on('stream', (stream, headers) => {
    if (headers.authorization !== 'Bearer t') return stream.respond({ ':status': 401 }, { endStream: true });
    stream.respond({ ':status': 200, 'content-type': 'text/event-stream' });
    stream.write('id: e.0\n\nid: e.1\ndata: hello\n\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  lane?.close();
  const closed = once(server, 'close');
  server.close();
  await closed;
});

function target(token: string | undefined) {
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, channel: 'c', token, insecure: true };
}

function open(streams: number, streamsPerConnection: number, token = 't') {
  const data: string[] = [];
  const opened: string[] = [];
  const ended: string[] = [];
  const handlers: StreamHandlers = {
    onOpen: (id) => opened.push(id),
    onEvent: (event) => data.push(event.data),
    onArrival: () => undefined,
    onReset: () => undefined,
    onEnd: (reason) => ended.push(reason),
  };
  lane = createSseHttp2Lane(target(token), { streamsPerConnection });
  for (let index = 0; index < streams; index++) lane.open(handlers);
  return { data, opened, ended };
}

test('streams share connections, as many on each as was asked for', async () => {
  const { data, opened } = open(5, 2);

  await until('5 streams have data', () => data.length === 5);
  expect(opened).toEqual(Array.from({ length: 5 }, () => 'e.0'));
  expect(sessions.opened).toBe(3);
});

test('a stream that is refused ends with the status', async () => {
  const { ended } = open(1, 2, 'wrong');

  await until('the stream has ended', () => ended.length === 1);
  expect(ended).toEqual(['answered 401']);
});

test('closing the lane is no end of its streams', async () => {
  const { data, ended } = open(2, 2);
  await until('2 streams have data', () => data.length === 2);

  lane?.close();

  await until('all sessions are closed', () => sessions.closed === sessions.opened);
  expect(ended).toEqual([]);
});

test('a server says whether it speaks HTTP/2', async () => {
  await expect(speaksHttp2(target(undefined))).resolves.toBe(true);
});
