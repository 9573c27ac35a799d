import * as fc from 'fast-check';
import { openSocket } from '../../../test/lambda/websocket/support/socket.ts';
import { distorted, hostileJson } from '../hostile.ts';
import { Breach, type OpenTarget, type Target } from '../target.ts';

const KINDS = new Set(['subscribed', 'event', 'published', 'publishedBatch', 'unsubscribed', 'reset', 'error', 'pong', 'caughtUp']);

/** API Gateway itself refuses larger ones. */
const MAX_FRAME_CHARS = 32 * 1024;

/** Frames on the WebSocket lane, as the function behind `$default` gets them. */
export const target: Target = {
  name: 'WebSocket frames',
  async open(): Promise<OpenTarget<string>> {
    const socket = await openSocket();
    return {
      inputs: fc
        .oneof(
          distorted({ action: 'subscribe', channel: 'demo', after: 'e1.1', requestId: '1' }),
          distorted({ action: 'publish', channel: 'demo', type: 'message', data: 'hello', key: 'k', requestId: '1' }),
          distorted({
            action: 'publish',
            channel: 'demo',
            events: [{ type: 'message', data: 'hello' }, { data: 'x' }],
            key: 'k',
            requestId: '1',
          }),
          distorted({ action: 'unsubscribe', channel: 'demo' }),
          hostileJson,
        )
        .map((frame) => frame.slice(0, MAX_FRAME_CHARS)),
      async try(frame) {
        for (const answer of await socket.send(frame)) {
          if (!KINDS.has(answer.kind)) throw new Breach(`answered by ${JSON.stringify(answer)}`);
          if (answer.kind === 'error' && answer.code === 'internal')
            throw new Breach(`answered by an error of ours: ${JSON.stringify(answer)}`);
          if (/\n\s+at .+:\d+:\d+/.test(JSON.stringify(answer))) throw new Breach('a stack trace in the answer');
        }
      },
      async check() {
        const [answer] = await socket.send({ action: 'ping' });
        if (answer?.kind !== 'pong') throw new Breach(`a ping is answered by ${JSON.stringify(answer)} afterwards`);
      },
      close: async () => {},
    };
  },
};
