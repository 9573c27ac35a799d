import { connect, type Socket } from 'node:net';
import { HttpWorld } from '../../../test/fargate/sse/support/http-world.ts';
import { Breach, type OpenTarget, type Target } from '../target.ts';
import { httpBytes } from './http-requests.ts';

/** What only a stream on its channel may see. */
const SECRET = 'the-secret-of-another-channel';

/** As long as an answer may take before the connection counts as one that waits for more bytes. */
const PATIENCE_MS = 25;

/** Of the 5xx only these are meant. Requests of a broken version are answered 505 by Node. */
const DELIBERATE = new Set([503, 505]);

/** Raw bytes on connections to the HTTP server of the SSE lane. */
export const target: Target = {
  name: 'HTTP server',
  async open(): Promise<OpenTarget<Buffer>> {
    const world = await new HttpWorld().listen();
    await world.post('secret', { data: SECRET });
    return {
      inputs: httpBytes,
      async try(bytes) {
        const heard = await exchange(world.port, bytes);
        for (const [, status] of heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
          if (Number(status) >= 500 && !DELIBERATE.has(Number(status))) throw new Breach(`answered ${status}: ${heard.slice(0, 500)}`);
        }
        if (/\n\s+at .+:\d+:\d+/.test(heard)) throw new Breach(`a stack trace in the answer: ${heard.slice(0, 500)}`);
        if (heard.includes(SECRET)) throw new Breach(`data of another channel in the answer: ${heard.slice(0, 500)}`);
        if (({} as { polluted?: unknown }).polluted !== undefined) throw new Breach('Object.prototype has been written to');
      },
      async check() {
        const published = await world.post('open', { data: 'still there' });
        if (published.status !== 201) throw new Breach(`a publication is answered ${published.status} afterwards`);
        const poll = await world.fetch('/v1/events?channel=secret', { headers: { accept: 'application/json' } });
        if (poll.status !== 200) throw new Breach(`a poll is answered ${poll.status} afterwards`);
        if (world.hub.openStreams > 0) throw new Breach(`${world.hub.openStreams} streams are open although all clients have left`);
      },
      close: () => world.close(),
    };
  },
};

/** Sends bytes, listens for a moment, and leaves. Resolves when the connection is gone. */
function exchange(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    let quiet: NodeJS.Timeout | undefined;
    const socket: Socket = connect({ port, host: '127.0.0.1' });
    const wait = () => {
      clearTimeout(quiet);
      quiet = setTimeout(() => socket.resetAndDestroy(), PATIENCE_MS);
    };
    socket.setEncoding('latin1');
    socket.on('connect', () => socket.write(bytes, wait));
    socket.on('data', (text: string) => {
      heard += text;
      wait();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(quiet);
      resolve(heard);
    });
  });
}
