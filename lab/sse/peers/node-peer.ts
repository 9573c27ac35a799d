import { join } from 'node:path';
import { startServerProcess } from '../../shared/peers/server-process.ts';
import type { Peer } from './peer.ts';
import type { ReadyLine } from './servers/publish-endpoint.ts';

interface NodePeerOptions extends Pick<Peer, 'id' | 'name'> {
  /** A file in `servers/`. */
  readonly script: string;
  /** What Node is started with. @default none */
  readonly flags?: readonly string[];
  /** @default sse */
  readonly protocol?: Peer['protocol'];
  /** @default /sse/a */
  readonly subscribePath?: string;
}

/** A server written in TypeScript, run by the Node that runs the bench. */
export function nodePeer({ id, name, script, flags = [], protocol = 'sse', subscribePath = '/sse/a' }: NodePeerOptions): Peer {
  return {
    id,
    name,
    protocol,
    publishPath: '/pub/a',
    missing: async () => undefined,
    start: async () => {
      const server = startServerProcess(process.execPath, [...flags, join(import.meta.dirname, 'servers', script)]);
      try {
        const { port, publishPort = port, token } = JSON.parse(await server.firstLine()) as ReadyLine;
        // In the query, as pages send it that use EventSource: it sets no headers.
        const path = token === undefined ? subscribePath : `${subscribePath}&token=${token}`;
        return { pids: [server.pid], port, publishPort, subscribePath: path, stop: server.stop };
      } catch (error) {
        await server.stop();
        throw error;
      }
    },
  };
}
