import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import WebSocket from 'ws';
import type { LocalRun } from '../../../packages/assembly-local/run.ts';
import { SUBPROTOCOL } from '../../../packages/protocol/index.ts';

/** Connections of one client, counted on both sides of the load balancer. */
export interface Connections {
  readonly what: string;
  readonly asked: number;
  readonly open: number;
  /** At the balancer or the gateway. */
  readonly atTheFront: number;
  /** Undefined where no server behind it holds any. */
  readonly atTheTask: number | undefined;
}

/** What more is to open has had this long without one. */
const SETTLED_MS = 3_000;

/** A page of Chromium that opens so many `EventSource`s, each on a channel of its own. */
export async function countEventSources(browser: Browser, run: LocalRun, base: string, what: string, asked: number): Promise<Connections> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  try {
    const page = await context.newPage();
    await page.goto(`${base}/readyz`);

    // The page itself has a connection; those of before are other pages'.
    const before = acceptedBy(portsOfTasks(run));
    await openSources(page, run.token, asked);
    const open = await settled(() => page.evaluate(() => sources().filter(({ readyState }) => readyState === EventSource.OPEN).length));
    return { what, asked, open, atTheFront: acceptedBy([portOf(base)]), atTheTask: acceptedBy(portsOfTasks(run)) - before };
  } finally {
    await context.close();
  }
}

declare const sources: () => readonly EventSource[];

async function openSources(page: Page, token: string, count: number): Promise<void> {
  await page.evaluate(
    ([accessToken, wanted]) => {
      const opened = Array.from(
        { length: wanted },
        (_, index) => new EventSource(`/v1/events?channel=claims.${index}&token=${accessToken}`),
      );
      Object.assign(globalThis, { sources: () => opened });
    },
    [token, count] as const,
  );
}

/** One WebSocket that subscribes to so many channels. */
export async function countWebSocketChannels({ urls, token, gateways }: LocalRun, asked: number): Promise<Connections> {
  const socket = new WebSocket(urls.websocket, [SUBPROTOCOL], { headers: { authorization: `Bearer ${token}` } });
  try {
    let subscribed = 0;
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('open', () => {
        for (let index = 0; index < asked; index++) socket.send(JSON.stringify({ action: 'subscribe', channel: `claims.${index}` }));
      });
      socket.on('message', (frame) => {
        if ((JSON.parse(frame.toString()) as { readonly kind: string }).kind === 'subscribed') subscribed++;
        if (subscribed === asked) resolve();
      });
    });
    // Functions post to connections on the same port, so sockets of that port would count them too.
    const atTheFront = gateways.flatMap(({ openConnections }) => openConnections).length;
    return { what: 'one WebSocket, channels', asked, open: subscribed, atTheFront, atTheTask: undefined };
  } finally {
    socket.terminate();
  }
}

/** The value that a count keeps. */
async function settled(count: () => Promise<number>): Promise<number> {
  for (let last = -1; ; ) {
    const now = await count();
    if (now === last) return now;
    last = now;
    await sleep(SETTLED_MS);
  }
}

const portsOfTasks = ({ services }: LocalRun) => services.flatMap(({ tasks }) => tasks.map(({ port }) => port));
const portOf = (url: string): number => Number(new URL(url).port);

/** Established connections of this machine whose server has one of these ports. Linux only. */
function acceptedBy(ports: readonly number[]): number {
  const ESTABLISHED = '01';
  const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  return rows.filter((row) => {
    const [, local = '', , state] = row.trim().split(/\s+/);
    return state === ESTABLISHED && ports.includes(Number.parseInt(local.split(':')[1] ?? '', 16));
  }).length;
}
