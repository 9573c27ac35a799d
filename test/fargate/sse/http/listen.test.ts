import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { afterEach, expect, test } from '@jest/globals';
import { type Listening, listen } from '../../../../fargate/sse/http/listen.ts';
import { until } from '../support/until.ts';

let server: Server;
let listening: Listening | undefined;
const sockets: Socket[] = [];

async function start(): Promise<number> {
  server = createServer((_, response) => response.end('hello'));
  listening = await listen(server, { host: '127.0.0.1', port: 0 });
  return listening.port;
}

async function connectMany(port: number, count: number): Promise<void> {
  for (let index = 0; index < count; index++) sockets.push(connect({ port, host: '127.0.0.1' }));
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await listening?.close();
  listening = undefined;
});

test('the server answers on every connection, whichever socket of the port accepts it', async () => {
  const port = await start();
  const bodies = await Promise.all(Array.from({ length: 40 }, async () => (await fetch(`http://127.0.0.1:${port}/`)).text()));

  expect(new Set(bodies)).toEqual(new Set(['hello']));
});

// Elsewhere there is one socket.
(process.platform === 'linux' ? test : test.skip)('several connections are accepted in one turn of the event loop', async () => {
  const port = await start();
  const turns: number[] = [];
  server.on('connection', () => turns.push(performance.nodeTiming.uvMetricsInfo.loopCount));
  await connectMany(port, 200);
  await until(() => turns.length === 200);

  expect(new Set(turns).size).toBeLessThan(200);
});

test('is closed when the last connection has ended', async () => {
  const port = await start();
  let open = 0;
  server.on('connection', (socket) => {
    open++;
    socket.on('close', () => open--);
  });
  await connectMany(port, 20);
  await until(() => open === 20);
  const closed = listening?.close();
  listening = undefined;
  for (const socket of sockets) socket.end();
  await closed;

  await until(() => open === 0);
  await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
});

test('a port that is taken is an error', async () => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  server = createServer();

  await expect(listen(server, { host: '127.0.0.1', port })).rejects.toThrow('EADDRINUSE');
  await new Promise((resolve) => other.close(resolve));
});
