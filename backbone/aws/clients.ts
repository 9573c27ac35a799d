import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { requestHandler } from './request-handler.ts';

/*
 * The SDK's clients with limits of our own: its defaults wait for an answer without end. Region, credentials and
 * endpoints come from the environment, as the SDK reads it.
 */

/** For the event log, and the tables of a lane. */
export function createDynamoClient(): DynamoDBDocumentClient {
  // 128 sockets: a task replays many streams at once when clients come back after a deploy.
  return DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 3, requestHandler: requestHandler(2_000, 128) }));
}

/** For the event bus, and subscriptions to the topic. */
export function createSnsClient(): SNSClient {
  return new SNSClient({ maxAttempts: 3, requestHandler: requestHandler(3_000, 64) });
}

/** For the queues of a lane. */
export function createSqsClient(): SQSClient {
  // Above the 20 s of a long poll.
  return new SQSClient({ maxAttempts: 3, requestHandler: requestHandler(25_000, 64) });
}
