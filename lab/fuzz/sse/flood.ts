import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FloodOptions, FloodReport } from '../flood.ts';
import { Breach } from '../target.ts';

/** Requests that never end, each in its own way. */
const UNFINISHED = [
  '',
  'G',
  'GET /v1/events?channel=a HTTP/1.1\r\n',
  'GET /v1/events?channel=a HTTP/1.1\r\nHost: x\r\nX-Slow: ',
  'POST /v1/channels/a/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{"da',
  'POST /v1/channels/a/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{"da',
] as const;

const SERVICE = join(import.meta.dirname, 'service-program.ts');

/** How often each connection sends another byte: a connection that only waits is easier to close. */
const DRIP_MS = 2_000;

/** Longer than any time limit of the service, see `fargate/sse/http/http-server.ts`. */
const PATIENCE_MS = 60_000;

/** Growth from the first wave to the last that is still no leak. */
const MAX_GROWTH = 1.25;

/**
 * Waves of connections that drip bytes and never finish a request: the service closes them, serves others meanwhile, and keeps no memory.
 * @throws Breach, or the signal's reason when it aborts first
 */
export async function flood({ connections, waves, signal, progress }: FloodOptions): Promise<FloodReport> {
  const child = fork(SERVICE, { execArgv: ['--expose-gc'], stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const exited = once(child, 'exit');
  const crashed = exited.then(([code]) => Promise.reject(new Breach(`the service has ended with code ${code}`)));
  crashed.catch(() => {});
  try {
    const [line] = await Promise.race([once(createInterface(child.stdout as Readable), 'line'), crashed]);
    const { port } = JSON.parse(String(line)) as { readonly port: number };
    const memory: number[] = [];
    let slowest = 0;
    for (let wave = 1; wave <= waves; wave++) {
      const show = (open: number) => progress(`wave ${wave} of ${waves}: ${open} of ${connections} unfinished requests are open`);
      slowest = Math.max(slowest, await Promise.race([oneWave({ port, connections, signal, show }), crashed]));
      memory.push(await Promise.race([memoryMb(child), crashed]));
    }
    const [first = 0, last = 0] = [memory[0], memory.at(-1)];
    if (last > first * MAX_GROWTH) throw new Breach(`memory has grown from ${first} to ${last} MB`);
    return { connections: connections * waves, closedAfterSeconds: slowest, memoryMb: { first, last } };
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

interface Wave {
  readonly port: number;
  readonly connections: number;
  readonly signal: AbortSignal;
  readonly show: (open: number) => void;
}

async function oneWave({ port, connections, signal, show }: Wave): Promise<number> {
  const startMs = performance.now();
  const sockets = new Set<Socket>();
  for (let index = 0; index < connections; index++) {
    const socket = connect(port, '127.0.0.1');
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.resume();
    socket.write(UNFINISHED[index % UNFINISHED.length] ?? '');
  }
  const drip = setInterval(() => {
    for (const socket of sockets) socket.write('a');
  }, DRIP_MS);
  try {
    while (sockets.size > 0) {
      show(sockets.size);
      if (performance.now() - startMs > PATIENCE_MS)
        throw new Breach(`${sockets.size} unfinished requests are still open after ${PATIENCE_MS / 1_000} s`);
      const health = await fetch(`http://127.0.0.1:${port}/healthz`);
      if (health.status !== 200) throw new Breach(`the service answers ${health.status} to others meanwhile`);
      await sleep(200, undefined, { signal });
    }
    return (performance.now() - startMs) / 1_000;
  } finally {
    clearInterval(drip);
    for (const socket of sockets) socket.destroy();
  }
}

async function memoryMb(child: ChildProcess): Promise<number> {
  child.send('memory');
  const [mb] = await once(child, 'message');
  return Math.round(Number(mb));
}
