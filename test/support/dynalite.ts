import { once } from 'node:events';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** dynalite ships no types, and is CommonJS. */
const dynalite = createRequire(join(import.meta.dirname, 'dynalite.ts'))('dynalite') as (options: {
  readonly createTableMs: number;
}) => Server;

export interface Dynalite {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Long enough that whoever does not wait for a table fails every time, not only on a machine that is quick or slow. */
const CREATE_TABLE_MS = 25;

/** DynamoDB on a free port of loopback, in memory. As in AWS, a new table is CREATING at first. */
export async function startDynalite(): Promise<Dynalite> {
  const server = dynalite({ createTableMs: CREATE_TABLE_MS });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve, reject) => {
        // dynalite calls back with null.
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
