import type { Context } from 'aws-lambda';
import { createSqsClient } from '../../backbone/aws/clients.ts';
import { readEnvironment } from '../../backbone/environment.ts';
import { leavingAnnouncement, TASK_QUEUE_ENV } from '../../fargate/sse/contract.ts';
import { createFunctionLogger } from '../telemetry.ts';
import { sendToTask } from './aws/send-to-task.ts';
import { taskQueuePrefixEntries } from './environment.ts';
import { leavingTaskId } from './task-events.ts';

/** Tells an SSE task, through its own queue, that ECS is going to stop it. */
function createHandler(queuePrefix: string, send: (queueName: string, body: string) => Promise<'sent' | 'gone'>) {
  return async (event: unknown, context: Context): Promise<void> => {
    const taskId = leavingTaskId(event);
    const outcome = await send(`${queuePrefix}${taskId}`, leavingAnnouncement(taskId));
    openLogger(context).info('end of a task announced to it', { taskId, outcome });
  };
}

const env = readEnvironment(taskQueuePrefixEntries, process.env);
const openLogger = createFunctionLogger('sse');
const sqs = createSqsClient();
export const handler = createHandler(env[TASK_QUEUE_ENV.queuePrefix], (queueName, body) => sendToTask(sqs, queueName, body));
