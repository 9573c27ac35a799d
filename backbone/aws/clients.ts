import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { requestHandler } from './request-handler.ts';

/*
 * SDK clients with time limits of our own: by default the SDK waits for a response forever. Region,
 * credentials and endpoints come from the environment, as the SDK reads it.
 */

/** For the event log and the tables of a lane. */
export function createDynamoClient(): DynamoDBDocumentClient {
  // 128 sockets: after a deploy, clients reconnect together and a task replays many streams at once.
  return DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 3, requestHandler: requestHandler(2_000, 128) }));
}

/** For the event bus and for subscriptions to the topic. */
export function createSnsClient(): SNSClient {
  return new SNSClient({ maxAttempts: 3, requestHandler: requestHandler(3_000, 64) });
}

/** For the queues of a lane. */
export function createSqsClient(): SQSClient {
  // Longer than the 20 s of a long poll.
  return new SQSClient({ maxAttempts: 3, requestHandler: requestHandler(25_000, 64) });
}
