import { randomBytes } from 'node:crypto';
import { get } from 'node:http';
import WebSocket from 'ws';
import type { LocalRun } from '../../../packages/assembly-local/run.ts';
import { SUBPROTOCOL } from '../../../packages/protocol/index.ts';
import { publish } from './publish.ts';

/** What an event of so many bytes is on the wire, without the headers of TCP and TLS. */
export interface Bytes {
  readonly what: string;
  readonly sse: number;
  readonly websocket: number;
}

const CHANNEL = 'claims.bytes';

/** Publishes data and counts the bytes that a stream and a WebSocket get for it. */
export async function countBytes(run: LocalRun, what: string, data: string): Promise<Bytes> {
  const headers = { authorization: `Bearer ${run.token}` };
  const socket = new WebSocket(run.urls.websocket, [SUBPROTOCOL], { headers });
  const stream = await new Promise<import('node:http').IncomingMessage>((resolve, reject) => {
    get(`${run.urls.http}/v1/events?channel=${CHANNEL}`, { headers: { ...headers, accept: 'text/event-stream' } }, resolve).once(
      'error',
      reject,
    );
  });
  try {
    const frames = frameSizes(socket);
    await frames.next('subscribed');
    const ofStream = sizeOfMessage(stream);
    const ofSocket = frames.next('event');
    await publish(run, CHANNEL, data);
    return { what, sse: await ofStream, websocket: await ofSocket };
  } finally {
    stream.destroy();
    socket.terminate();
  }
}

export const base64Of = (bytes: number): string => randomBytes(bytes).toString('base64');

/** Resolves with the bytes of the first message of a stream that has data. */
function sizeOfMessage(stream: NodeJS.ReadableStream): Promise<number> {
  let text = '';
  return new Promise((resolve) => {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const message = text.split('\n\n').find((part, index, parts) => index < parts.length - 1 && /^data:/m.test(part));
      if (message !== undefined) resolve(Buffer.byteLength(message) + 2);
    });
  });
}

/** Resolves with the bytes of the next frame of a kind. The frame's own header has 2 to 4 more, and is counted. */
function frameSizes(socket: WebSocket) {
  socket.once('open', () => socket.send(JSON.stringify({ action: 'subscribe', channel: CHANNEL })));
  return {
    next: (kind: string) =>
      new Promise<number>((resolve, reject) => {
        socket.once('error', reject);
        socket.on('message', (data: Buffer) => {
          const header = data.length < 126 ? 2 : 4;
          if ((JSON.parse(data.toString()) as { readonly kind: string }).kind === kind) resolve(data.length + header);
        });
      }),
  };
}
