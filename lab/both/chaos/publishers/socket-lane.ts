import { once } from 'node:events';
import { WebSocket } from 'ws';
import { type ClientFrame, type ServerFrame, SUBPROTOCOL } from '../../../../packages/protocol/index.ts';
import type { NewToken } from '../tokens.ts';
import { eventsOf, idsOf } from './batch.ts';
import type { Lane } from './publisher.ts';

/** `accepted`: on an ephemeral channel. */
const ANSWERS = ['published', 'publishedBatch', 'accepted'] as const;

type Published = ServerFrame & { readonly kind: (typeof ANSWERS)[number] };

const isAnswer = (frame: ServerFrame): frame is Published => (ANSWERS as readonly string[]).includes(frame.kind);

const ANSWER_TIMEOUT_MS = 6_000;

/**
 * `publish` frames on a socket, which is opened anew whenever it has broken. An answer that comes too late still counts:
 * it is kept for the next try.
 */
export function socketLane(url: string, newToken: NewToken): Lane {
  const waiting = new Map<string, PromiseWithResolvers<Published>>();
  const late = new Map<string, Published>();
  let opening: Promise<WebSocket> | undefined;

  async function open(): Promise<WebSocket> {
    const socket = new WebSocket(url, [SUBPROTOCOL, `bearer.${newToken()}`]);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      opening = undefined;
      for (const { reject } of waiting.values()) reject(new Error('the socket has broken'));
    });
    socket.on('message', (data) => {
      const frame = JSON.parse(data.toString()) as ServerFrame;
      take(frame);
      if (frame.kind === 'error' && frame.code === 'token_expired') socket.close();
    });
    await once(socket, 'open', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    return socket;
  }

  function take(frame: ServerFrame): void {
    if (!isAnswer(frame) && frame.kind !== 'error') return;
    const key = frame.requestId ?? '';
    const answer = waiting.get(key);
    if (frame.kind === 'error') answer?.reject(new Error(`${frame.code}: ${frame.message}`));
    else if (answer === undefined) late.set(key, frame);
    else answer.resolve(frame);
  }

  async function request(frame: ClientFrame & { readonly requestId: string }): Promise<Published> {
    const { requestId } = frame;
    const known = late.get(requestId);
    late.delete(requestId);
    if (known !== undefined) return known;
    opening ??= open();
    const socket = await opening.catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    const answer = Promise.withResolvers<Published>();
    waiting.set(requestId, answer);
    const timer = setTimeout(() => answer.reject(new Error('no answer')), ANSWER_TIMEOUT_MS);
    try {
      socket.send(JSON.stringify(frame));
      return await answer.promise;
    } finally {
      clearTimeout(timer);
      waiting.delete(requestId);
    }
  }

  return {
    name: 'socket',
    async send({ channel, type, data, key }) {
      const answer = await request({ action: 'publish', channel, type, data, key, requestId: key });
      return answer.kind === 'published' ? answer.id : undefined;
    },
    async sendBatch(batch) {
      const [{ channel, key }] = batch;
      const answer = await request({ action: 'publish', channel, ...eventsOf(batch), key, requestId: key });
      return answer.kind === 'publishedBatch' ? idsOf(answer) : undefined;
    },
    close: () => void opening?.then((socket) => socket.close()).catch(() => undefined),
  };
}
