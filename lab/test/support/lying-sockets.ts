import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import type { ClientFrame, ServerFrame } from '../../../packages/protocol/index.ts';
import type { LyingServer } from './lying-server.ts';

export interface LyingSocketsOptions {
  /** The seqs to send when the event with that seq was published. */
  readonly deliver: (seq: number) => readonly number[];
  /** Whether a seq is there for whoever asks again for what is missing. */
  readonly isKept: (seq: number) => boolean;
}

/** A WebSocket lane whose sockets get what `deliver` makes of each publication: so a test knows what a check has to find. */
export async function startLyingSockets({ deliver, isKept }: LyingSocketsOptions): Promise<LyingServer> {
  const subscribed = new Set<WebSocket>();
  const data = new Map<number, string>();
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: (offered) => [...offered][0] ?? false });
  server.on('connection', (socket) => {
    const send = (frame: ServerFrame) => socket.send(JSON.stringify(frame));
    socket.on('close', () => subscribed.delete(socket));
    socket.on('message', (bytes) => {
      const frame = JSON.parse(bytes.toString()) as ClientFrame;
      if (frame.action === 'subscribe') subscribe(frame, send, () => subscribed.add(socket));
      if (frame.action === 'publish' && 'data' in frame) publish(frame, send);
    });
  });
  await once(server, 'listening');

  const eventOf = (channel: string, seq: number): ServerFrame => ({
    ...{ kind: 'event', channel, id: `e.${seq}`, type: 'message', data: data.get(seq) ?? '', publishedAt: '2026-01-01T00:00:00.000Z' },
  });

  function subscribe(frame: ClientFrame & { action: 'subscribe' }, send: (frame: ServerFrame) => void, remember: () => void): void {
    const { channel, after, requestId = '' } = frame;
    const newest = `e.${data.size}`;
    remember();
    send({ kind: 'subscribed', channel, id: newest, requestId });
    if (after === undefined) return;
    for (let seq = Number(after.split('.')[1]) + 1; seq <= data.size; seq++) if (isKept(seq)) send(eventOf(channel, seq));
    send({ kind: 'caughtUp', channel, id: newest, requestId });
  }

  function publish(frame: ClientFrame & { action: 'publish'; data: string }, send: (frame: ServerFrame) => void): void {
    const { channel, requestId = '' } = frame;
    const seq = data.size + 1;
    data.set(seq, frame.data);
    send({ kind: 'published', channel, id: `e.${seq}`, requestId });
    for (const sent of deliver(seq)) for (const socket of subscribed) socket.send(JSON.stringify(eventOf(channel, sent)));
  }

  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of server.clients) socket.terminate();
      await closed;
    },
  };
}
