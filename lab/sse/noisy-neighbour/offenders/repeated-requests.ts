import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Offender, Tally } from './offender.ts';

/** A client that was refused sends its next request after this long, whatever `Retry-After` says. */
const REFUSED_PAUSE_MS = 100;

export interface RepeatedRequestsOptions {
  readonly base: string;
  readonly connections: number;
  /** The next request of a connection. */
  readonly next: (index: number) => { readonly path: string; readonly headers: Readonly<Record<string, string>> };
}

/** Clients that send one request after the other, each as soon as the one before is answered and read. */
export function repeatRequests({ base, connections, next }: RepeatedRequestsOptions): Offender {
  const tally = new Tally();
  const stopped = new AbortController();
  const agent = new Agent({ keepAlive: true });
  let sent = 0;

  function send(): Promise<number> {
    const { path, headers } = next(sent++);
    return new Promise((resolve, reject) => {
      const sending = request(base + path, { agent, headers, signal: stopped.signal }, (response) => {
        const { statusCode = 0, headers: answered } = response;
        // A stream would last: its client drops it once it is open.
        if (answered['content-type']?.startsWith('text/event-stream')) {
          response.once('data', () => response.destroy());
          response.once('close', () => resolve(statusCode));
        } else {
          response.resume().once('end', () => resolve(statusCode));
        }
        response.once('error', reject);
      });
      sending.once('error', reject).end();
    });
  }

  async function repeat(): Promise<void> {
    while (!stopped.signal.aborted) {
      const status = await send().catch(() => undefined);
      if (stopped.signal.aborted) return;
      tally.add(status === undefined ? 'cut' : String(status));
      if (status !== 200) await sleep(REFUSED_PAUSE_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  }

  const repeating = Array.from({ length: connections }, repeat);
  return {
    outcomes: () => tally.read(),
    stop: async () => {
      stopped.abort();
      await Promise.all(repeating);
      agent.destroy();
    },
  };
}
