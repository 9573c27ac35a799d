import { type ClientOptions, WebSocket } from 'ws';
import { type Connection, connect } from '../../packages/client/src/index.ts';
import { type ClientFrame, type ServerFrame, SUBPROTOCOL } from '../../packages/protocol/index.ts';
import type { Lane, LaneTarget } from './lane.ts';

/** Opens a socket of the WebSocket lane. */
export function openLaneSocket({ url, token, insecure }: LaneTarget): WebSocket {
  const protocols = token === undefined ? [SUBPROTOCOL] : [SUBPROTOCOL, `bearer.${token}`];
  return new WebSocket(url, protocols, socketOptions({ insecure }));
}

function socketOptions({ insecure }: Pick<LaneTarget, 'insecure'>): ClientOptions {
  return { rejectUnauthorized: !insecure, perMessageDeflate: false };
}

export function sendFrame(socket: WebSocket, frame: ClientFrame): void {
  socket.send(JSON.stringify(frame));
}

/** Why a socket ended, in words. */
export function closeReason(code: number): string {
  return code === 1006 ? 'cut without a close frame (1006)' : `closed with ${code}`;
}

/**
 * The WebSocket lane as an application has it, through our client library: the lane may repeat and reorder, and the library puts
 * that right. What comes over the wire is watched on its sockets, before the library has it.
 */
export function createWebSocketLane(target: LaneTarget): Lane {
  const connections = new Set<Connection>();
  return {
    open(handlers) {
      let reason: string | undefined;
      let opened = false;
      /** The library would open another socket. */
      const end = (why: string) => {
        if (!connections.delete(connection)) return;
        connection.close();
        handlers.onEnd(why);
      };
      class WatchedSocket extends WebSocket {
        constructor(url: string, protocols: string[]) {
          super(url, protocols, socketOptions(target));
          this.on('message', (bytes) => {
            const frame = JSON.parse(bytes.toString()) as ServerFrame;
            if (frame.kind === 'event') handlers.onArrival(frame.id);
            if (frame.kind !== 'subscribed' || opened || frame.id === undefined) return;
            opened = true;
            handlers.onOpen(frame.id);
          });
          this.on('error', (error) => {
            reason ??= error.message;
          });
          this.on('close', (code) => end(reason ?? closeReason(code)));
        }
      }
      const connection = connect({
        websocketUrl: target.url,
        transport: 'websocket',
        token: target.token,
        // Where its constructor is not the browser's, the library needs no more than this of it.
        WebSocket: WatchedSocket as unknown as typeof globalThis.WebSocket,
        // A socket that it replaced would look like one that ended.
        rotateAfterMs: Number.POSITIVE_INFINITY,
      });
      connections.add(connection);
      const subscription = connection.subscribe(target.channel);
      // It ended without a word to us: `status` says why.
      subscription.ready.catch(() => undefined);
      subscription.addEventListener('event', ({ detail }) => handlers.onEvent(detail));
      subscription.addEventListener('reset', ({ detail }) => handlers.onReset(detail.reason));
      subscription.addEventListener('status', ({ detail: { status, error } }) => {
        if (status === 'closed' && error !== undefined) end(`${error.code}: ${error.message}`);
      });
    },
    close() {
      for (const connection of connections) {
        connections.delete(connection);
        connection.close();
      }
    },
  };
}
