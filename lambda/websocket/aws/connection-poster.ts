import {
  type ApiGatewayManagementApiClient,
  type ApiGatewayManagementApiServiceException,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import type { ConnectionPoster, PostOutcome } from '../ports.ts';

export interface SdkPosterOptions {
  /**
   * Must not retry by itself (`maxAttempts: 1`), because the port promises that. `createManagementClient`
   * creates one.
   */
  readonly client: ApiGatewayManagementApiClient;
}

/** Posts with the SDK's client: for the few frames that answer a client. */
export function createSdkPoster({ client }: SdkPosterOptions): ConnectionPoster {
  return {
    async post(connectionId, frame, signal) {
      const command = new PostToConnectionCommand({ ConnectionId: connectionId, Data: Buffer.from(frame) });
      // Outside of the try, because without credentials no retry helps. The client keeps them until they
      // expire.
      await client.config.credentials();
      try {
        await client.send(command, signal === undefined ? {} : { abortSignal: signal });
        return { kind: 'sent' };
      } catch (error) {
        const { name, message, $metadata } = error as Partial<ApiGatewayManagementApiServiceException>;
        const status = $metadata?.httpStatusCode;
        return status === undefined ? noResponse(error) : classifyAnswer(status, name ?? '', message ?? '');
      }
    },
  };
}

/** What a response of `PostToConnection` means for the connection and for the caller. */
export function classifyAnswer(status: number, type: string, message: string): PostOutcome {
  const reason = [String(status), type, message].filter((part) => part !== '').join(' ');
  if (status >= 200 && status < 300) return { kind: 'sent' };
  if (status === 410) return { kind: 'gone' };
  if (status === 429) return { kind: 'throttled' };
  if (status >= 500 || isExpiredToken(status, type)) return { kind: 'unavailable', reason };
  return { kind: 'refused', reason };
}

/** A 403 that is not final: another attempt may succeed, because the credentials are renewed by then. */
export function isExpiredToken(status: number, type: string): boolean {
  return status === 403 && type.startsWith('ExpiredToken');
}

/** A post without a response: it may or may not have been delivered. */
export function noResponse(error: unknown): PostOutcome {
  return { kind: 'unavailable', reason: String(error) };
}
