import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from '../../../../test/support/until.ts';
import { Program } from '../../../websocket/fan-out/program.ts';
import type { SocketsQuestion, SocketsReply } from '../../../websocket/fan-out/sockets-program.ts';

let server: WebSocketServer;
let clients: Program<SocketsQuestion, SocketsReply>;
let sockets: readonly WebSocket[];

beforeEach(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  clients = new Program('sockets-program.ts');
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await clients.ask({ kind: 'open', url, count: 3 })).toMatchObject({ open: 3 });
  sockets = [...server.clients];
}, 15_000);

afterEach(async () => {
  await clients.stop();
  server.close();
});

const send = (socket: WebSocket | undefined, id: string) => socket?.send(JSON.stringify({ kind: 'event', id }));
const arrived = (id: string, timeoutMs: number) => clients.ask({ kind: 'await', id, timeoutMs });

test('an event that every socket gets once has reached all, and none twice', async () => {
  for (const socket of sockets) send(socket, 'e.1');
  expect(await arrived('e.1', 10_000)).toMatchObject({ open: 3, reached: 3, doubled: 0 });
});

test('a frame that comes again is counted, even after the last socket got its first', async () => {
  for (const socket of sockets) send(socket, 'e.1');
  const waiting = arrived('e.1', 10_000);
  send(sockets[1], 'e.1');
  expect(await waiting).toMatchObject({ reached: 3, doubled: 1 });
});

test('a socket without the event is missed when the time is over', async () => {
  send(sockets[0], 'e.1');
  send(sockets[1], 'e.2');
  expect(await arrived('e.1', 200)).toMatchObject({ open: 3, reached: 1, doubled: 0 });
});

test('sockets that are closed are not waited for', async () => {
  expect(await clients.ask({ kind: 'close', count: 2 })).toMatchObject({ open: 1 });
  await until('the server has seen them go', () => server.clients.size === 1);
  for (const socket of server.clients) send(socket, 'e.1');
  expect(await arrived('e.1', 10_000)).toMatchObject({ open: 1, reached: 1 });
});
