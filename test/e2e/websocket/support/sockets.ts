import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { ClientFrame, ServerFrame } from '../../../../packages/protocol/index.ts';
import { currentToken, Inbox } from '../../support/clients.ts';

export interface LaneSocket {
  readonly frames: Inbox<ServerFrame>;
  readonly socket: WebSocket;
  /** Sends a frame, or any text as it is. */
  send(frame: ClientFrame | string): void;
  /** The next frames of a kind for a channel, once there are `n` of them. */
  ofKind<K extends ServerFrame['kind']>(kind: K, n?: number, timeoutMs?: number): Promise<readonly Extract<ServerFrame, { kind: K }>[]>;
  close(): void;
}

export async function openSocket(url: string, bearer = currentToken()): Promise<LaneSocket> {
  const socket = new WebSocket(url, ['lanes.v1.json', `bearer.${bearer}`]);
  const frames = new Inbox<ServerFrame>();
  socket.on('message', (data) => frames.push(JSON.parse(data.toString()) as ServerFrame));
  socket.on('error', () => {});
  await once(socket, 'open');
  const ofKind = async <K extends ServerFrame['kind']>(kind: K, n = 1, timeoutMs?: number) => {
    const matches = (items: readonly ServerFrame[]) =>
      items.filter((frame): frame is Extract<ServerFrame, { kind: K }> => frame.kind === kind);
    return matches(await frames.until((items) => matches(items).length >= n, timeoutMs));
  };
  return {
    frames,
    socket,
    send: (frame) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    ofKind,
    close: () => socket.terminate(),
  };
}

/** Opens a socket and subscribes it; resolves once `subscribed` has come. */
export async function subscribeSocket(url: string, channel: string, after?: string): Promise<LaneSocket> {
  const socket = await openSocket(url);
  socket.send(after === undefined ? { action: 'subscribe', channel } : { action: 'subscribe', channel, after });
  await socket.ofKind('subscribed');
  return socket;
}

/** Publishes by a frame, on a socket of its own. Answers the id. */
export async function publishBySocket(url: string, channel: string, data: string): Promise<string> {
  const socket = await openSocket(url);
  socket.send({ action: 'publish', channel, data });
  const [published] = await socket.ofKind('published');
  socket.close();
  if (published === undefined) throw new Error('a frame was awaited and is missing');
  return published.id;
}
