import type { Server } from 'node:net';
import { createServer } from 'node:net';

/** Everything of a local run listens here and nowhere else. */
export const LOOPBACK = '127.0.0.1';

/** Listens on the preferred port, or on a free one if that is taken or none is preferred. Returns the port. */
export async function listen(server: Server, preferredPort = 0): Promise<number> {
  try {
    return await listenOn(server, preferredPort);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (preferredPort !== 0 && (code === 'EADDRINUSE' || code === 'EACCES')) return listenOn(server, 0);
    throw error;
  }
}

function listenOn(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

/** A port that was free a moment ago, for a child process that must be given one. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await closed(server);
  return port;
}

export function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
