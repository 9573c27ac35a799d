import { ApiGatewayManagementApiClient } from '@aws-sdk/client-apigatewaymanagementapi';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ECSClient } from '@aws-sdk/client-ecs';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { POST_TIMEOUT_MS } from '../contract.ts';

/*
 * The SDK's clients with limits of our own: its defaults wait for an answer without end. Region, credentials and
 * endpoints come from the environment, as the SDK reads it.
 */

/** A call inside a Region is answered within milliseconds. Longer than this, the socket is dead and a new one is faster. */
const CONNECTION_TIMEOUT_MS = 1_000;

/** `requestTimeout` only warns unless it is told to throw. */
const requestHandler = (requestTimeoutMs: number, maxSockets: number) => ({
  connectionTimeout: CONNECTION_TIMEOUT_MS,
  requestTimeout: requestTimeoutMs,
  throwOnRequestTimeout: true,
  httpAgent: { maxSockets },
  httpsAgent: { maxSockets },
});

/** For the event log and the connection store. */
export function createDynamoClient(): DynamoDBDocumentClient {
  // 128 sockets: an SSE task replays many streams at once when clients come back after a deploy.
  return DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 3, requestHandler: requestHandler(2_000, 128) }));
}

/** For the event bus and the subscriptions of task queues. */
export function createSnsClient(): SNSClient {
  return new SNSClient({ maxAttempts: 3, requestHandler: requestHandler(3_000, 64) });
}

/** For task queues and the delivery queue. */
export function createSqsClient(): SQSClient {
  // Above the 20 s of a long poll.
  return new SQSClient({ maxAttempts: 3, requestHandler: requestHandler(25_000, 64) });
}

/** For the sweep, which has time: ECS throttles early. */
export function createEcsClient(): ECSClient {
  return new ECSClient({ maxAttempts: 5, requestHandler: requestHandler(10_000, 8) });
}

/** For target health, which is asked for again soon anyway: without retries, which would only add to a throttled rate. */
export function createLoadBalancingClient(): ElasticLoadBalancingV2Client {
  return new ElasticLoadBalancingV2Client({ maxAttempts: 1, requestHandler: requestHandler(3_000, 2) });
}

/** For `createSdkPoster`, so without retries: the SDK would take a full send buffer of one client for throttling. */
export function createManagementClient(): ApiGatewayManagementApiClient {
  return new ApiGatewayManagementApiClient({ maxAttempts: 1, requestHandler: requestHandler(POST_TIMEOUT_MS, 64) });
}
