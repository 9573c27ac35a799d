import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import type { LocalRun } from '../../../packages/assembly-local/run.ts';
import { SUBPROTOCOL } from '../../../packages/protocol/index.ts';
import { median } from '../../shared/median.ts';
import { behind, isInstalled, PROXIES } from './proxies.ts';
import { publish } from './publish.ts';

/** What passes a proxy that nobody has configured for it. */
export interface Passage {
  readonly proxy: string;
  /** Events that arrived in time, of so many. */
  readonly sse: string;
  /** Median from publication to arrival, ms. */
  readonly sseMs: number | undefined;
  readonly websocket: string;
}

const EVENTS = 5;
const IN_TIME_MS = 3_000;
const CHANNEL = 'claims.proxies';

/** Without a proxy first, and then through each that is installed. */
export async function measureProxies(run: LocalRun): Promise<readonly Passage[]> {
  const [http, websocket] = [new URL(run.urls.http), new URL(run.urls.websocket)];
  const passages = [
    { proxy: 'none', ...(await streamThrough(run, Number(http.port))), websocket: await upgradeThrough(run, Number(websocket.port)) },
  ];
  for (const proxy of PROXIES.filter(isInstalled)) {
    passages.push({
      proxy: proxy.name,
      ...(await behind(proxy, Number(http.port), (port) => streamThrough(run, port))),
      websocket: await behind(proxy, Number(websocket.port), (port) => upgradeThrough(run, port)),
    });
  }
  return passages;
}

async function streamThrough(run: LocalRun, port: number): Promise<Pick<Passage, 'sse' | 'sseMs'>> {
  const request = get(`http://127.0.0.1:${port}/v1/events?channel=${CHANNEL}`, {
    headers: { authorization: `Bearer ${run.token}`, accept: 'text/event-stream' },
    agent: false,
  });
  const arrivedMs = new Map<string, number>();
  request
    .on('error', () => undefined)
    .on('response', (response: IncomingMessage) => {
      let text = '';
      response.setEncoding('utf8').on('error', () => undefined);
      response.on('data', (chunk: string) => {
        text += chunk;
        for (const [, data = ''] of text.matchAll(/^data: (\S+)$/gm)) if (!arrivedMs.has(data)) arrivedMs.set(data, performance.now());
      });
    });

  // The stream is open by then, or held back.
  await sleep(1_000);
  const latenciesMs: number[] = [];
  for (let index = 0; index < EVENTS; index++) {
    const data = `${port}-${index}`;
    const publishedMs = performance.now();
    await publish(run, CHANNEL, data);
    while (!arrivedMs.has(data) && performance.now() - publishedMs < IN_TIME_MS) await sleep(2);
    const atMs = arrivedMs.get(data);
    if (atMs !== undefined) latenciesMs.push(atMs - publishedMs);
  }
  request.destroy();
  const middleMs = median(latenciesMs);
  return { sse: `${latenciesMs.length} of ${EVENTS} events`, sseMs: middleMs && Math.round(middleMs) };
}

/** The outcome of an upgrade. */
async function upgradeThrough({ urls, token }: LocalRun, port: number): Promise<string> {
  const url = new URL(urls.websocket);
  url.port = String(port);
  const socket = new WebSocket(url, [SUBPROTOCOL], { headers: { authorization: `Bearer ${token}` }, handshakeTimeout: IN_TIME_MS });
  const outcome = await new Promise<string>((resolve) => {
    socket.once('open', () => resolve('passes'));
    socket.once('error', ({ message }) => resolve(message));
  });
  socket.terminate();
  return outcome;
}
