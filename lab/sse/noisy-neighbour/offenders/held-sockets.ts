import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Offender, Tally } from './offender.ts';

/** A kernel queues few connections more than come in 25 ms at this rate for a server that does not accept at once. */
const MOST_PER_SECOND = 4_000;
const STEP_MS = 25;

/** Clients that were refused or cut come again, all of them together so often: whatever `Retry-After` says, but not as a flood. */
const RETRIES_PER_SECOND = 200;

export interface HeldSocketsOptions {
  readonly base: string;
  readonly count: number;
  /** How many open a second. @default 4,000 */
  readonly perSecond?: number;
  /** The bytes of the request of each. */
  readonly request: (index: number) => readonly Buffer[];
}

/** Clients that send a request each, read where an answer begins, and then no more. */
export function holdSockets({ base, count, perSecond = MOST_PER_SECOND, request }: HeldSocketsOptions): Offender {
  const { hostname, port } = new URL(base);
  const tally = new Tally();
  const open = new Set<Socket>();
  const stopped = new AbortController();
  const retryMs = (count * 1_000) / RETRIES_PER_SECOND;

  async function again(index: number): Promise<void> {
    await sleep(retryMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    if (!stopped.signal.aborted) hold(index);
  }

  function hold(index: number): void {
    const socket = connect(Number(port), hostname);
    let refused = false;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      open.delete(socket);
      if (!refused) tally.add('cut');
      void again(index);
    });
    socket.once('data', (bytes: Buffer) => {
      // Whatever else has come stays with the kernel from here on.
      socket.pause();
      const status = bytes.toString('latin1', 9, 12);
      tally.add(status);
      refused = status !== '200';
      if (refused) socket.destroy();
    });
    for (const bytes of request(index)) socket.write(bytes);
  }

  async function holdAll(): Promise<void> {
    const startMs = performance.now();
    for (let index = 0; index < count && !stopped.signal.aborted; ) {
      const due = Math.min(count, 1 + Math.floor(((performance.now() - startMs) * perSecond) / 1_000));
      while (index < due) hold(index++);
      await sleep(STEP_MS);
    }
  }

  const holding = holdAll();
  return {
    outcomes: () => tally.read(),
    stop: async () => {
      stopped.abort();
      await holding;
      for (const socket of open) socket.destroy();
    },
  };
}

/** The head of a request, ready to be sent. */
export function requestHead(line: string, headers: Readonly<Record<string, string>>): Buffer {
  const lines = Object.entries({ Host: 'bench.invalid', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${line} HTTP/1.1\r\n${lines.join('')}\r\n`);
}
