import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { connect as connectTls } from 'node:tls';
import { authorization, eventsPath, type Lane, type LaneTarget, type StreamHandlers } from './lane.ts';
import { createFrameReader } from './sse-frames.ts';

export interface Http2LaneOptions {
  /** Streams on one connection at most; fewer where the server allows fewer. */
  readonly streamsPerConnection: number;
}

interface Connection {
  readonly session: ClientHttp2Session;
  streams: number;
}

const PROBE_TIMEOUT_MS = 10_000;

/** SSE over HTTP/2: many streams share a connection. */
export function createSseHttp2Lane(target: LaneTarget, { streamsPerConnection }: Http2LaneOptions): Lane {
  const connections = new Set<Connection>();
  const headers = {
    ':path': new URL(target.url).pathname.replace(/\/$/, '') + eventsPath(target),
    accept: 'text/event-stream',
    ...authorization(target),
  };
  let closed = false;

  function withRoom(): Connection {
    for (const connection of connections) if (connection.streams < roomOf(connection, streamsPerConnection)) return connection;
    const connection = { session: connect(target.url, { rejectUnauthorized: !target.insecure }), streams: 0 };
    connection.session.on('error', () => connections.delete(connection));
    connection.session.on('close', () => connections.delete(connection));
    connections.add(connection);
    return connection;
  }

  function serve(stream: ClientHttp2Stream, connection: Connection, handlers: StreamHandlers): void {
    let reason = 'closed by the server';
    stream.setEncoding('utf8');
    stream.on('response', (answer) => {
      const status = answer[':status'];
      if (status === 200) return;
      reason = `answered ${status}`;
      stream.close();
    });
    stream.on('data', createFrameReader(handlers));
    stream.on('error', (error) => {
      reason = error.message;
    });
    stream.on('close', () => {
      connection.streams--;
      if (!closed) handlers.onEnd(reason);
    });
  }

  return {
    open(handlers) {
      const connection = withRoom();
      connection.streams++;
      serve(connection.session.request(headers), connection, handlers);
    },
    close() {
      closed = true;
      for (const { session } of connections) session.destroy();
    },
  };
}

/** Before the server's settings have come, its limit is not known: Node then holds back what is above it. */
function roomOf({ session }: Connection, wanted: number): number {
  return Math.min(wanted, session.remoteSettings?.maxConcurrentStreams ?? wanted);
}

/** Whether a server speaks HTTP/2 over TLS. @throws Error when it cannot be reached */
export function speaksHttp2({ url, insecure }: Pick<LaneTarget, 'url' | 'insecure'>): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connectTls({
      host: hostname,
      port: Number(port || 443),
      // A name in the certificate's sense: an address has none.
      ...(/^[\d.]+$|:/.test(hostname) ? {} : { servername: hostname }),
      ALPNProtocols: ['h2', 'http/1.1'],
      rejectUnauthorized: !insecure,
      timeout: PROBE_TIMEOUT_MS,
    });
    socket.on('secureConnect', () => {
      resolve(socket.alpnProtocol === 'h2');
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy(new Error(`${url} did not answer within ${PROBE_TIMEOUT_MS / 1_000} s`)));
    socket.on('error', reject);
  });
}
