import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { encodeReplayJob } from '../domain/replay-job.ts';
import type { ReplayQueue } from '../ports.ts';

export interface SqsReplayQueueOptions {
  readonly client: SQSClient;
  readonly queueUrl: string;
}

/** The queue of replays on SQS. */
export function createReplayQueue({ client, queueUrl }: SqsReplayQueueOptions): ReplayQueue {
  return {
    async enqueue(key, delaySeconds = 0) {
      await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: encodeReplayJob(key), DelaySeconds: delaySeconds }));
    },
  };
}
