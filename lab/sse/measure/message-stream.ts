import { WebSocket } from 'ws';
import { createSseParser } from '../../../packages/client/src/sse-parser.ts';
import { requestEventStream } from '../../load/sse-http1-lane.ts';
import { closeReason } from '../../load/websocket-lane.ts';
import type { Peer, RunningPeer } from '../peers/peer.ts';

export interface MessageStream {
  /** Nobody is told about the end. */
  close(): void;
}

export interface MessageHandlers {
  readonly onMessage: (data: string) => void;
  readonly onEnd: (reason: string) => void;
}

/** Subscribes to a server of the comparison. Resolves when the server has answered. */
export function openMessageStream(peer: Peer, server: RunningPeer, handlers: MessageHandlers): Promise<MessageStream> {
  return peer.protocol === 'sse' ? openEventStream(server, handlers) : openSocket(server, handlers);
}

function openEventStream({ port, subscribePath }: RunningPeer, { onMessage, onEnd }: MessageHandlers): Promise<MessageStream> {
  const parse = createSseParser();
  return new Promise((resolve, reject) => {
    let closed = false;
    const request = requestEventStream(
      `http://127.0.0.1:${port}${subscribePath}`,
      { headers: {}, insecure: false },
      {
        onResponse: () =>
          resolve({
            close: () => {
              closed = true;
              request.destroy();
            },
          }),
        onText: (text) => {
          for (const { data } of parse(text)) if (data !== undefined) onMessage(data);
        },
        onEnd: (reason) => {
          reject(new Error(reason));
          if (!closed) onEnd(reason);
        },
      },
    );
  });
}

function openSocket({ port, subscribePath }: RunningPeer, { onMessage, onEnd }: MessageHandlers): Promise<MessageStream> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${subscribePath}`, { perMessageDeflate: false });
    let closed = false;
    socket.on('open', () =>
      resolve({
        close: () => {
          closed = true;
          socket.terminate();
        },
      }),
    );
    socket.on('message', (bytes) => onMessage(bytes.toString()));
    socket.on('error', reject);
    socket.on('close', (code) => {
      if (!closed) onEnd(closeReason(code));
    });
  });
}
