import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type ClientFrame, type ServerFrame, SUBPROTOCOL } from '../../../backbone/protocol.ts';
import type { Lane } from './publisher.ts';

const ANSWER_TIMEOUT_MS = 6_000;

/** `publish` frames on a socket, which is opened anew whenever it has broken. */
export function socketLane(url: string): Lane {
  const waiting = new Map<string, PromiseWithResolvers<string>>();
  let opening: Promise<WebSocket> | undefined;
  let tries = 0;

  async function open(): Promise<WebSocket> {
    const socket = new WebSocket(url, [SUBPROTOCOL]);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      opening = undefined;
      for (const { reject } of waiting.values()) reject(new Error('the socket has broken'));
    });
    socket.on('message', (data) => {
      const frame = JSON.parse(data.toString()) as ServerFrame;
      const requestId = 'requestId' in frame ? frame.requestId : undefined;
      const answer = waiting.get(requestId ?? '');
      if (frame.kind === 'published') answer?.resolve(frame.id);
      else if (frame.kind === 'error') answer?.reject(new Error(`${frame.code}: ${frame.message}`));
    });
    await once(socket, 'open', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    return socket;
  }

  return {
    name: 'socket',
    async send({ channel, type, data, key }) {
      opening ??= open();
      const socket = await opening.catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      const requestId = `${key}/${++tries}`;
      const answer = Promise.withResolvers<string>();
      waiting.set(requestId, answer);
      const timer = setTimeout(() => answer.reject(new Error('no answer')), ANSWER_TIMEOUT_MS);
      try {
        socket.send(JSON.stringify({ action: 'publish', channel, type, data, key, requestId } satisfies ClientFrame));
        return await answer.promise;
      } finally {
        clearTimeout(timer);
        waiting.delete(requestId);
      }
    },
    close: () => void opening?.then((socket) => socket.close()).catch(() => undefined),
  };
}
