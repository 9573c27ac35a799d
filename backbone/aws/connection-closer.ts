import {
  type ApiGatewayManagementApiClient,
  type ApiGatewayManagementApiServiceException,
  DeleteConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import type { ConnectionCloser } from '../ports.ts';

export interface ConnectionCloserOptions {
  /** Must not retry by itself (`maxAttempts: 1`): `createManagementClient` makes one. */
  readonly client: ApiGatewayManagementApiClient;
}

/** Tells API Gateway to end a connection. */
export function createConnectionCloser({ client }: ConnectionCloserOptions): ConnectionCloser {
  return {
    async close(connectionId) {
      // Outside of the try: without credentials every connection would look the same.
      await client.config.credentials();
      try {
        await client.send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
        return { kind: 'closed' };
      } catch (error) {
        const { $metadata } = error as Partial<ApiGatewayManagementApiServiceException>;
        return $metadata?.httpStatusCode === 410 ? { kind: 'gone' } : { kind: 'unknown', reason: String(error) };
      }
    },
  };
}
