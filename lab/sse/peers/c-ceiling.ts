import { join } from 'node:path';
import { freePort } from '../../../packages/assembly-local/loopback.ts';
import { BuildError, buildC } from '../../shared/peers/c-program.ts';
import { startServerProcess } from '../../shared/peers/server-process.ts';
import type { Peer } from './peer.ts';

const HINT = 'install gcc and liburing (Debian: apt-get install gcc libc6-dev liburing-dev)';

const build = () => buildC(join(import.meta.dirname, 'cserver.c'), ['uring'], HINT);

/** The ceiling of what one write per stream and event can do: a C server that does nothing else. */
export const cCeiling: Peer = {
  id: 'c',
  name: 'C, one write per event',
  protocol: 'sse',
  publishPath: '/pub/a',
  missing: () =>
    build().then(
      () => undefined,
      (error: unknown) => {
        if (error instanceof BuildError) return error.message;
        throw error;
      },
    ),
  start: async () => {
    const port = await freePort();
    const server = startServerProcess(await build(), [String(port)]);
    try {
      await server.listening(port);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return { pids: [server.pid], port, publishPort: port, subscribePath: '/sse/a', stop: server.stop };
  },
};
