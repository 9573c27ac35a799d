import { DeleteConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
import type { ConnectionCloser } from '../ports.ts';
import { callAbout, type ManagementCallOptions } from './management-call.ts';

/** Tells API Gateway to close a connection. */
export function createConnectionCloser({ client }: ManagementCallOptions): ConnectionCloser {
  return {
    close: (connectionId) => callAbout(client, 'closed', () => client.send(new DeleteConnectionCommand({ ConnectionId: connectionId }))),
  };
}
