/** Many WebSocket clients in one process, which count what each of them gets. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import type { ServerFrame } from '../../../packages/protocol/index.ts';
import { answerQuestions } from './program.ts';

export type SocketsQuestion =
  | { readonly kind: 'open'; readonly url: string; readonly count: number }
  /** Closes that many of them. */
  | { readonly kind: 'close'; readonly count: number }
  /** Waits until every socket has the event. */
  | { readonly kind: 'await'; readonly id: string; readonly timeoutMs: number };

export interface SocketsReply {
  readonly open: number;
  /** Sockets that got the event. */
  readonly reached: number;
  /** Times that a socket got it again. */
  readonly doubled: number;
  /** When the last one got it, in milliseconds since 1970. */
  readonly lastAtMs: number;
}

/** Handshakes on their way at once. */
const OPENING = 100;

/** How long a second copy of an event may take to show up. */
const ECHO_MS = 500;

const NOTHING = { reached: 0, doubled: 0, lastAtMs: 0 };

const sockets: WebSocket[] = [];
/** By event: how often each socket got it, and when one last did. */
const arrivals = new Map<string, { readonly counts: Uint16Array; reached: number; doubled: number; lastAtMs: number }>();

function arrivalsOf(id: string) {
  const known = arrivals.get(id) ?? { counts: new Uint16Array(sockets.length), reached: 0, doubled: 0, lastAtMs: 0 };
  arrivals.set(id, known);
  return known;
}

async function openOne(url: string): Promise<void> {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  await once(socket, 'open');
  const index = sockets.push(socket) - 1;
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as ServerFrame;
    if (frame.kind !== 'event') return;
    const arrived = arrivalsOf(frame.id);
    const times = (arrived.counts[index] ?? 0) + 1;
    arrived.counts[index] = times;
    if (times === 1) arrived.reached++;
    else arrived.doubled++;
    arrived.lastAtMs = Date.now();
  });
}

async function open(url: string, count: number): Promise<void> {
  let left = count;
  const openAll = async () => {
    while (left-- > 0) await openOne(url);
  };
  await Promise.all(Array.from({ length: OPENING }, openAll));
}

async function close(count: number): Promise<void> {
  const leaving = sockets.splice(sockets.length - count);
  await Promise.all(
    leaving.map(async (socket) => {
      socket.close();
      await once(socket, 'close');
    }),
  );
}

async function arrival(id: string, timeoutMs: number): Promise<void> {
  const deadlineMs = Date.now() + timeoutMs;
  while (arrivalsOf(id).reached < sockets.length && Date.now() < deadlineMs) await sleep(20);
  await sleep(ECHO_MS);
}

answerQuestions(async (question: SocketsQuestion): Promise<SocketsReply> => {
  if (question.kind === 'open') await open(question.url, question.count);
  else if (question.kind === 'close') await close(question.count);
  else await arrival(question.id, question.timeoutMs);
  const { reached, doubled, lastAtMs } = question.kind === 'await' ? arrivalsOf(question.id) : NOTHING;
  return { open: sockets.length, reached, doubled, lastAtMs };
});
