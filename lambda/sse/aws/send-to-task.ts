import { GetQueueUrlCommand, QueueDoesNotExist, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';

/**
 * Puts a message into the queue of one task.
 * @returns `gone` if there is no such queue: the task has not made it yet, or has removed it already
 */
export async function sendToTask(sqs: SQSClient, queueName: string, body: string): Promise<'sent' | 'gone'> {
  try {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: queueName }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
    return 'sent';
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return 'gone';
    throw error;
  }
}
