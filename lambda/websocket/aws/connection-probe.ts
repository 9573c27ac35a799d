import { GetConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import type { ConnectionProbe } from '../ports.ts';
import { callAbout, type ManagementCallOptions } from './management-call.ts';

/** Asks API Gateway whether a connection is open. */
export function createConnectionProbe({ client }: ManagementCallOptions): ConnectionProbe {
  return {
    probe: (connectionId) => callAbout(client, 'open', () => client.send(new GetConnectionCommand({ ConnectionId: connectionId }))),
  };
}
