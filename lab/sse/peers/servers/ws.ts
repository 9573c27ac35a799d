/** npm `ws`: a frame is built once and written to every socket, which is the fastest way to broadcast with it. */
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { announce, createPublishServer, listenOnLoopback } from './publish-endpoint.ts';

const TEXT_FRAME = 0x81;
const LENGTH_IN_16_BITS = 126;

const sockets = new Set<Socket>();
const server = createPublishServer((data) => {
  const frame = textFrame(data);
  for (const socket of sockets) socket.write(frame);
});
new WebSocketServer({ server }).on('connection', (_webSocket, { socket }) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
});
announce({ port: await listenOnLoopback(server) });

/** A server's frame, which is not masked (RFC 6455, 5.2). For data from 126 to 65,535 bytes, as the bench has it. */
function textFrame(data: string): Buffer {
  const body = Buffer.from(data);
  const head = Buffer.from([TEXT_FRAME, LENGTH_IN_16_BITS, body.length >> 8, body.length & 0xff]);
  return Buffer.concat([head, body]);
}
