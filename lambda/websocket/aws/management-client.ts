import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { requestHandler } from '../../../backbone/aws/request-handler.ts';
import { POST_TIMEOUT_MS } from '../contract.ts';

/**
 * For `createSdkPoster`. Without retries, because the SDK would take one client's full send buffer for
 * throttling.
 */
export function createManagementClient(): ApiGatewayManagementApiClient {
  return new ApiGatewayManagementApiClient({ maxAttempts: 1, requestHandler: requestHandler(POST_TIMEOUT_MS, 64) });
}
