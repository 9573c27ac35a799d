import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';

export interface ListenOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
}

export interface Listening {
  readonly port: number;
  /** Stops accepting connections. Resolves when those that are open have ended. */
  close(): Promise<void>;
}

/**
 * Node accepts one connection per listening socket in each turn of the event loop (libuv since 1.45, its pull
 * request 3696). On a busy task, thousands of reconnecting clients would wait for as many turns, and health
 * checks behind them. The kernel distributes connections among sockets that share a port, and each turn
 * accepts one of each.
 */
const SOCKETS = 64;

/** The options that `node:http` uses for its own listening socket. */
export const LIKE_HTTP = { allowHalfOpen: true, noDelay: true } as const;

/**
 * Makes a server listen on one port with several sockets, if the system supports shared ports: Linux does,
 * macOS and Windows do not.
 */
export async function listen(server: Server, { host, port }: ListenOptions): Promise<Listening> {
  const first = await listenOnce(server, { host, port, reusePort: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTSUP') throw error;
    return undefined;
  });
  if (first === undefined) {
    await listenOnce(server, { host, port });
    return { port: portOf(server), close: () => closeServer(server) };
  }
  const more = Array.from({ length: SOCKETS - 1 }, () => createServer(LIKE_HTTP, (socket: Socket) => server.emit('connection', socket)));
  await Promise.all(more.map((other) => listenOnce(other, { host, port: first, reusePort: true })));
  return {
    port: first,
    close: async () => {
      await Promise.all([server, ...more].map(closeServer));
    },
  };
}

/** @returns the port */
async function listenOnce(
  server: NetServer,
  options: { readonly host: string; readonly port: number; readonly reusePort?: boolean },
): Promise<number> {
  server.listen(options);
  await once(server, 'listening');
  return portOf(server);
}

function portOf(server: NetServer): number {
  return (server.address() as AddressInfo).port;
}

async function closeServer(server: NetServer): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
