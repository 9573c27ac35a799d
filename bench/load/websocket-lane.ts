import { WebSocket } from 'ws';
import { type ClientFrame, type ServerFrame, SUBPROTOCOL } from '../../backbone/protocol.ts';
import type { Lane, LaneTarget, StreamHandlers } from './lane.ts';

/** Opens a socket of the WebSocket lane. */
export function openLaneSocket({ url, token, insecure }: LaneTarget): WebSocket {
  const protocols = token === undefined ? [SUBPROTOCOL] : [SUBPROTOCOL, `bearer.${token}`];
  return new WebSocket(url, protocols, { rejectUnauthorized: !insecure, perMessageDeflate: false });
}

export function sendFrame(socket: WebSocket, frame: ClientFrame): void {
  socket.send(JSON.stringify(frame));
}

/** Why a socket ended, in words. */
export function closeReason(code: number): string {
  return code === 1006 ? 'cut without a close frame (1006)' : `closed with ${code}`;
}

/** The WebSocket lane as it comes: what our client library would put in order and free of repeats is seen here as it is sent. */
export function createWebSocketLane(target: LaneTarget): Lane {
  const sockets = new Set<WebSocket>();
  let closed = false;
  return {
    open(handlers) {
      const socket = openLaneSocket(target);
      let reason: string | undefined;
      sockets.add(socket);
      socket.on('open', () => sendFrame(socket, { action: 'subscribe', channel: target.channel }));
      socket.on('message', (bytes) => {
        reason ??= take(JSON.parse(bytes.toString()) as ServerFrame, handlers);
        if (reason !== undefined) socket.terminate();
      });
      socket.on('error', (error) => {
        reason ??= error.message;
      });
      socket.on('close', (code) => {
        sockets.delete(socket);
        if (!closed) handlers.onEnd(reason ?? closeReason(code));
      });
    },
    close() {
      closed = true;
      for (const socket of sockets) socket.terminate();
    },
  };
}

/** @returns why the stream is of no use, if it is not */
function take(frame: ServerFrame, { onOpen, onEvent, onReset }: StreamHandlers): string | undefined {
  switch (frame.kind) {
    case 'subscribed':
      onOpen(frame.id);
      return undefined;
    case 'event':
      onEvent(frame);
      return undefined;
    case 'reset':
      onReset(frame.reason);
      return undefined;
    case 'error':
      return `${frame.code}: ${frame.message}`;
    default:
      return undefined;
  }
}
