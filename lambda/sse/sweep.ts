import type { Context } from 'aws-lambda';
import { createSnsClient, createSqsClient } from '../../backbone/aws/clients.ts';
import { PUBLISH_ENV } from '../../backbone/contract.ts';
import { readEnvironment, telemetryEntries } from '../../backbone/environment.ts';
import { systemClock } from '../../backbone/services/system-clock.ts';
import { listTaskQueues, removeTaskQueue } from '../../fargate/sse/aws/sqs-task-queue.ts';
import { TASK_QUEUE_ENV } from '../../fargate/sse/contract.ts';
import { createTelemetry } from '../telemetry.ts';
import { createEcsClient } from './aws/ecs-client.ts';
import { listRunningTaskIds } from './aws/ecs-tasks.ts';
import { clusterEntries, taskQueueEntries } from './environment.ts';
import { type SweepDependencies, sweepQueues } from './sweep-queues.ts';

/** Runs on a schedule: removes the queues of SSE tasks that nobody else has removed. */
function createHandler(deps: SweepDependencies) {
  return (_event: unknown, context: Context): Promise<void> => sweepQueues(deps, openTelemetry(context));
}

const env = readEnvironment({ ...taskQueueEntries, ...clusterEntries, ...telemetryEntries }, process.env);
const openTelemetry = createTelemetry(env, 'sse');
const clients = { sqs: createSqsClient(), sns: createSnsClient(), ecs: createEcsClient() };
export const handler = createHandler({
  listQueues: () => listTaskQueues({ ...clients, queuePrefix: env[TASK_QUEUE_ENV.queuePrefix] }),
  listTaskIds: () => listRunningTaskIds({ ...clients, clusterArn: env[TASK_QUEUE_ENV.clusterArn] }),
  removeQueue: (queueName) => removeTaskQueue({ ...clients, topicArn: env[PUBLISH_ENV.topicArn], queueName }),
  clock: systemClock,
});
