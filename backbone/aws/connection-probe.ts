import {
  type ApiGatewayManagementApiClient,
  type ApiGatewayManagementApiServiceException,
  GetConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import type { ConnectionProbe } from '../ports.ts';

export interface ConnectionProbeOptions {
  /** Must not retry by itself (`maxAttempts: 1`): `createManagementClient` makes one. */
  readonly client: ApiGatewayManagementApiClient;
}

/** Asks API Gateway for a connection. */
export function createConnectionProbe({ client }: ConnectionProbeOptions): ConnectionProbe {
  return {
    async probe(connectionId) {
      // Outside of the try: without credentials every connection would look the same.
      await client.config.credentials();
      try {
        await client.send(new GetConnectionCommand({ ConnectionId: connectionId }));
        return { kind: 'open' };
      } catch (error) {
        const { $metadata } = error as Partial<ApiGatewayManagementApiServiceException>;
        return $metadata?.httpStatusCode === 410 ? { kind: 'gone' } : { kind: 'unknown', reason: String(error) };
      }
    },
  };
}
