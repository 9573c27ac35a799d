import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DynamoDb } from '../../packages/assembly-local/endpoint/dynamodb.ts';

export interface Dynalite {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * DynamoDB on a free port of loopback, in memory. As in AWS, a new table is CREATING at first. Stopping it closes the server and not
 * the database, which throws on what is still under way: a client that was killed, or has given up, leaves requests behind.
 */
export async function startDynalite(): Promise<Dynalite> {
  const server = createServer(new DynamoDb({}).handle);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
