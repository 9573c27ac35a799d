import { WebSocket } from 'ws';
import { type ClientFrame, type ServerFrame, SUBPROTOCOL } from '../../../packages/protocol/index.ts';
import { authorization } from './clients.ts';
import type { LatestHolder } from './latest-holder.ts';

const PING_INTERVAL_MS = 500;

export interface SocketFollowing {
  readonly url: string;
  readonly channel: string;
  readonly holder: LatestHolder;
  readonly signal: AbortSignal;
  readonly onSnapshot: () => void;
}

/** Reads a `latest` channel over a socket as the protocol tells clients to: subscribes, and asks again when a ping shows another state. */
export function readSocket({ url, channel, holder, signal, onSnapshot }: SocketFollowing): Promise<void> {
  const socket = new WebSocket(url, SUBPROTOCOL, { headers: authorization() });
  const send = (frame: ClientFrame) => socket.send(JSON.stringify(frame));
  let isAsking = false;
  const subscribe = (state?: string) => {
    isAsking = true;
    holder.beginSnapshot();
    send({ action: 'subscribe', channel, ...(state !== undefined && { state }) });
  };
  const receive = (frame: ServerFrame) => {
    if (frame.kind === 'latest') for (const entry of frame.entries) holder.take(entry);
    if (frame.kind === 'snapshot') {
      isAsking = false;
      if (frame.unchanged !== true) holder.endSnapshot();
      onSnapshot();
    }
    if (frame.kind === 'pong' && !isAsking && frame.states?.[channel] !== holder.state) subscribe(holder.state);
  };
  return new Promise((resolve, reject) => {
    let pinging: NodeJS.Timeout | undefined;
    socket.on('open', () => {
      subscribe();
      pinging = setInterval(() => send({ action: 'ping', heads: true }), PING_INTERVAL_MS);
    });
    socket.on('message', (data) => receive(JSON.parse(data.toString())));
    socket.on('error', reject);
    socket.on('close', () => {
      clearInterval(pinging);
      resolve();
    });
    signal.addEventListener('abort', () => socket.close());
  });
}
