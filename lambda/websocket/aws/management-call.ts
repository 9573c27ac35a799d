import type { ApiGatewayManagementApiClient, ApiGatewayManagementApiServiceException } from '@aws-sdk/client-apigatewaymanagementapi';

export interface ManagementCallOptions {
  /** Must not retry by itself (`maxAttempts: 1`): `createManagementClient` creates one. */
  readonly client: ApiGatewayManagementApiClient;
}

type Failure = { readonly kind: 'gone' } | { readonly kind: 'unknown'; readonly reason: string };

/**
 * The outcome of a call about one connection: `done` if API Gateway accepted it, `gone` if the connection no
 * longer exists. Rejects without credentials, because every connection would then look the same.
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
