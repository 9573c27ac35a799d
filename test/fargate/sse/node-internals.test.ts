/**
 * What the service relies on without Node's documentation promising it. A test that fails here after an update of Node says which
 * assumption no longer holds, before anything else breaks in a way that is hard to explain.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createNetServer, type Server as NetServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, expect, test } from '@jest/globals';
import { LIKE_HTTP } from '../../../fargate/sse/http/listen.ts';
import { TakeoverRequest } from '../../../fargate/sse/http/takeover-request.ts';
import { RawClient } from './support/raw-client.ts';
import { until } from './support/until.ts';

const STREAM = ['GET /v1/events?channel=demo HTTP/1.1', 'Host: x', '', ''];
const OTHER = ['GET /healthz HTTP/1.1', 'Host: x', '', ''];

const ending: (() => void)[] = [];

afterEach(() => {
  for (const end of ending.splice(0)) end();
});

/** @param user what in this repository stands on the assumption */
function assume(assumption: string, user: string, check: () => Promise<void>): void {
  test(assumption, async () => {
    try {
      await check();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`Node ${process.version}: "${assumption}" no longer holds, and ${user} stands on it.\n${reason}`, { cause });
    }
  });
}

async function listening(server: NetServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ending.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function openClient(port: number): Promise<RawClient> {
  const client = await RawClient.connect(port);
  ending.push(() => client.close());
  return client;
}

/** A server whose requests are the service's, and the sockets that it hands over. */
class TakingServer {
  readonly http: Server;
  readonly urls: (string | undefined)[] = [];
  readonly requests: WeakRef<IncomingMessage>[] = [];
  readonly sockets: Socket[] = [];
  behindHead = '';

  constructor() {
    this.http = createServer({ IncomingMessage: TakeoverRequest }, (request, response) => {
      this.urls.push(request.url);
      response.end('answered');
    });
    this.http.on('upgrade', (request: IncomingMessage, socket: Socket, behindHead: Buffer) => {
      this.requests.push(new WeakRef(request));
      this.sockets.push(socket);
      this.behindHead = behindHead.toString();
      ending.push(() => socket.destroy());
    });
  }

  async taken(): Promise<Socket> {
    return until(() => this.sockets[0]);
  }
}

const TAKEOVER = 'fargate/sse/http/takeover-request.ts (docs/decisions/0011-streams-take-over-their-socket.md)';

assume('a request whose class says that it upgrades is handed over without an Upgrade header', TAKEOVER, async () => {
  const server = new TakingServer();
  const client = await openClient(await listening(server.http));
  client.send(`${STREAM.join('\r\n')}behind`);
  await server.taken();
  expect(server.behindHead).toBe('behind');
  expect(server.urls).toEqual([]);
});

assume('a request with an Upgrade header whose class says that it does not upgrade is answered', TAKEOVER, async () => {
  const server = new TakingServer();
  const client = await openClient(await listening(server.http));
  client.send(OTHER[0] ?? '', 'Host: x', 'Connection: Upgrade', 'Upgrade: websocket', '', '');
  await client.hears('answered');
  expect(server.sockets).toEqual([]);
});

assume('nothing that comes on a socket that was handed over is parsed', TAKEOVER, async () => {
  const server = new TakingServer();
  const client = await openClient(await listening(server.http));
  client.send(...STREAM);
  const socket = await server.taken();
  expect(socket.listenerCount('data')).toBe(0);
  let heard = '';
  socket.on('data', (bytes: Buffer) => {
    heard += bytes.toString();
  });
  client.send(...OTHER);
  await until(() => heard === OTHER.join('\r\n'));
  expect(server.urls).toEqual([]);
});

assume('a socket that was handed over has no time limit left from requests before', TAKEOVER, async () => {
  const server = new TakingServer();
  server.http.keepAliveTimeout = 5_000;
  const client = await openClient(await listening(server.http));
  client.send(...OTHER);
  await client.hears('answered');
  client.send(...STREAM);
  expect((await server.taken()).timeout ?? 0).toBe(0);
});

assume("a socket that was handed over is none of the HTTP server's connections any more", TAKEOVER, async () => {
  const server = new TakingServer();
  const port = await listening(server.http);
  const [stream, other] = [await openClient(port), await openClient(port)];
  stream.send(...STREAM);
  const socket = await server.taken();
  other.send(...OTHER);
  await other.hears('answered');
  server.http.closeAllConnections();
  await other.isClosed();
  expect(socket.destroyed).toBe(false);
});

assume('Node keeps nothing of a request whose socket was handed over', TAKEOVER, async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const server = new TakingServer();
  const client = await openClient(await listening(server.http));
  client.send(...STREAM);
  const socket = await server.taken();
  await until(() => {
    collect();
    return server.requests[0]?.deref() === undefined;
  });
  expect(socket.destroyed).toBe(false);
});

const SINK = 'fargate/sse/http/socket-sink.ts';

async function connected(): Promise<{ readonly ours: Socket; readonly theirs: Socket }> {
  const server = createNetServer();
  const port = await listening(server);
  const accepted = once(server, 'connection');
  const theirs = connect({ port, host: '127.0.0.1' });
  const [ours] = (await accepted) as [Socket];
  ending.push(() => [ours, theirs].map((socket) => socket.destroy()));
  return { ours, theirs };
}

assume('what the kernel takes at once is not buffered after the write', SINK, async () => {
  const { ours } = await connected();
  ours.write('x'.repeat(100));
  expect(ours.writableLength).toBe(0);
});

assume('the callback of an empty write comes once everything before it has gone out', SINK, async () => {
  const { ours, theirs } = await connected();
  theirs.pause();
  const done: string[] = [];
  ours.write(Buffer.alloc(32 * 1024 * 1024), () => done.push('all before'));
  ours.write(Buffer.alloc(0), () => done.push('empty'));
  expect(ours.writableLength).toBeGreaterThan(0);
  for (let turn = 0; turn < 100; turn++) await nextTurn();
  expect(done).toEqual([]);
  theirs.resume();
  await until(() => done.length === 2);
  expect(done).toEqual(['all before', 'empty']);
});

const LISTEN = 'fargate/sse/http/listen.ts (docs/decisions/0038-a-port-of-many-sockets.md)';

assume('the HTTP server asks of its listening socket what the other sockets of the port are asked', LISTEN, async () => {
  expect(createServer()).toMatchObject(LIKE_HTTP);
});

assume('a listening socket accepts one connection in each turn of the event loop', LISTEN, async () => {
  const server = createNetServer();
  const turns: number[] = [];
  server.on('connection', (socket) => {
    turns.push(performance.nodeTiming.uvMetricsInfo.loopCount);
    ending.push(() => socket.destroy());
  });
  const port = await listening(server);
  for (let index = 0; index < 50; index++) {
    const socket = connect({ port, host: '127.0.0.1' });
    ending.push(() => socket.destroy());
  }
  await until(() => turns.length === 50);
  expect(new Set(turns).size).toBe(50);
});

assume('Node takes the options of V8 that the image starts it with', 'fargate/sse/Dockerfile', async () => {
  const dockerfile = readFileSync(join(import.meta.dirname, '../../../fargate/sse/Dockerfile'), 'utf8');
  const [node, ...rest] = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)?.[1] ?? '[]') as string[];
  expect(node).toBe('node');
  const options = rest.filter((argument) => argument.startsWith('--'));
  expect(options).not.toEqual([]);
  const { status, stderr } = spawnSync(process.execPath, [...options, '--eval', ''], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
