import type { ApiGatewayManagementApiClient, ApiGatewayManagementApiServiceException } from '@aws-sdk/client-apigatewaymanagementapi';

export interface ManagementCallOptions {
  /** Must not retry by itself (`maxAttempts: 1`): `createManagementClient` makes one. */
  readonly client: ApiGatewayManagementApiClient;
}

type Failure = { readonly kind: 'gone' } | { readonly kind: 'unknown'; readonly reason: string };

/**
 * What came of a call about one connection: `done` where API Gateway took it, `gone` where there is no such connection any more.
 * Rejects without credentials, with which every connection would look the same.
 */
export async function callAbout<Done extends string>(
  client: ApiGatewayManagementApiClient,
  done: Done,
  call: () => Promise<unknown>,
): Promise<{ readonly kind: Done } | Failure> {
  await client.config.credentials();
  try {
    await call();
    return { kind: done };
  } catch (error) {
    const { $metadata } = error as Partial<ApiGatewayManagementApiServiceException>;
    return $metadata?.httpStatusCode === 410 ? { kind: 'gone' } : { kind: 'unknown', reason: String(error) };
  }
}
