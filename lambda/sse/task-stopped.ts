import type { Context } from 'aws-lambda';
import { createSnsClient, createSqsClient } from '../../backbone/aws/clients.ts';
import { PUBLISH_ENV } from '../../backbone/contract.ts';
import { readEnvironment } from '../../backbone/environment.ts';
import { removeTaskQueue } from '../../fargate/sse/aws/sqs-task-queue.ts';
import { TASK_QUEUE_ENV } from '../../fargate/sse/contract.ts';
import { createFunctionLogger } from '../telemetry.ts';
import { taskQueueEntries } from './environment.ts';
import { stoppedTaskId } from './task-events.ts';

/** Removes the queue of a stopped SSE task, for tasks that could not do so themselves. */
function createHandler(queuePrefix: string, removeQueue: (queueName: string) => Promise<void>) {
  return async (event: unknown, context: Context): Promise<void> => {
    const queueName = `${queuePrefix}${stoppedTaskId(event)}`;
    await removeQueue(queueName);
    openLogger(context).info('queue of a stopped task removed', { queueName });
  };
}

const env = readEnvironment(taskQueueEntries, process.env);
const openLogger = createFunctionLogger('sse');
const clients = { sqs: createSqsClient(), sns: createSnsClient() };
export const handler = createHandler(env[TASK_QUEUE_ENV.queuePrefix], (queueName) =>
  removeTaskQueue({ ...clients, topicArn: env[PUBLISH_ENV.topicArn], queueName }),
);
