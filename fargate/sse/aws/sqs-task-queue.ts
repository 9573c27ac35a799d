import {
  NotFoundException,
  paginateListSubscriptionsByTopic,
  type SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueueTagsCommand,
  type Message,
  paginateListQueues,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  type SQSClient,
  TagQueueCommand,
} from '@aws-sdk/client-sqs';
import type { Clock } from '../../../backbone/ports.ts';
import { systemClock } from '../../../backbone/services/system-clock.ts';
import { SUBSCRIPTION_TAG, TASK_QUEUE_RETENTION_SECONDS } from '../contract.ts';
import { MESSAGES_PER_CALL, type QueueMessage, type TaskQueue } from '../ports.ts';

export interface TaskQueueOptions {
  readonly sqs: SQSClient;
  readonly sns: SNSClient;
  readonly topicArn: string;
  readonly queueName: string;
}

export interface OpenTaskQueueOptions extends TaskQueueOptions {
  /** Tags of the queue for the bill. @default none */
  readonly tags?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
}

/** SQS promises that a queue can be used one second after it was made, and nothing before. */
const USABLE_AFTER_MS = 1_000;

/**
 * Creates the queue of one task and subscribes it to the topic. If it rejects, it first removes what it has
 * created.
 *
 * The queue's policy is set at creation: a policy that is set later may take a minute to apply, and SNS drops
 * messages that a policy denies.
 */
export async function openTaskQueue(options: OpenTaskQueueOptions): Promise<TaskQueue> {
  const { sqs, sns, topicArn, queueName, tags, clock = systemClock } = options;
  const queueArn = siblingQueueArn(topicArn, queueName);
  const { QueueUrl: queueUrl } = await sqs.send(
    new CreateQueueCommand({
      QueueName: queueName,
      Attributes: {
        // Keys managed by SQS: SNS can deliver without a key policy.
        SqsManagedSseEnabled: 'true',
        // Messages are held in memory and deleted within milliseconds.
        VisibilityTimeout: '30',
        // A notification is a hint. After five minutes, the comparison of heads has long found the event.
        MessageRetentionPeriod: String(TASK_QUEUE_RETENTION_SECONDS),
        ReceiveMessageWaitTimeSeconds: '20',
        Policy: JSON.stringify(deliveryPolicy(queueArn, topicArn)),
      },
      tags: { ...tags, 'lanes:task-queue': 'true' },
    }),
  );
  if (queueUrl === undefined) throw new TypeError(`SQS created the queue ${queueName} but returned no URL`);
  let subscriptionArn: string | undefined;
  try {
    await clock.sleep(USABLE_AFTER_MS);
    subscriptionArn = await subscribe(options, queueArn);
    await sqs.send(new TagQueueCommand({ QueueUrl: queueUrl, Tags: { [SUBSCRIPTION_TAG]: subscriptionArn } }));
    return taskQueue(options, queueUrl, subscriptionArn);
  } catch (error) {
    // The sweep removes whatever could not be removed here.
    await Promise.allSettled([subscriptionArn && unsubscribe(sns, subscriptionArn), deleteQueue(sqs, queueUrl)]);
    throw error;
  }
}

/**
 * Removes the queue of a task that is gone, and its subscription, whatever is left of them. The subscription goes
 * first: SNS would go on delivering to a queue that is not there, and the queue's tag is what leads to it. If it cannot be ended, the
 * queue goes all the same, and this rejects.
 */
export async function removeTaskQueue({ sqs, sns, topicArn, queueName }: TaskQueueOptions): Promise<void> {
  const queueUrl = await ifQueueExists(sqs.send(new GetQueueUrlCommand({ QueueName: queueName })).then(({ QueueUrl }) => QueueUrl));
  const tagged = queueUrl === undefined ? undefined : await taggedSubscription(sqs, queueUrl);
  // There is no tag if the task died between subscribing and tagging, or if the queue was deleted first.
  const subscriptionArn = tagged ?? (await findSubscription(sns, topicArn, siblingQueueArn(topicArn, queueName)));
  try {
    if (subscriptionArn !== undefined) await unsubscribe(sns, subscriptionArn);
  } finally {
    // The next try finds the subscription on the topic.
    if (queueUrl !== undefined) await deleteQueue(sqs, queueUrl);
  }
}

export interface ListTaskQueuesOptions {
  readonly sqs: SQSClient;
  /** The prefix of the names of all task queues; the task's id follows. */
  readonly queuePrefix: string;
}

export interface ListedTaskQueue {
  readonly queueName: string;
  readonly taskId: string;
  readonly createdAtMs: number;
}

/** The queues of all tasks, running or not. */
export async function listTaskQueues({ sqs, queuePrefix }: ListTaskQueuesOptions): Promise<readonly ListedTaskQueue[]> {
  const queues: ListedTaskQueue[] = [];
  for await (const { QueueUrls = [] } of paginateListQueues({ client: sqs, pageSize: 1000 }, { QueueNamePrefix: queuePrefix })) {
    for (const queueUrl of QueueUrls) {
      const attributes = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['CreatedTimestamp'] });
      const answer = await ifQueueExists(sqs.send(attributes));
      // The queue was deleted after it was listed.
      if (answer === undefined) continue;
      const queueName = queueUrl.slice(queueUrl.lastIndexOf('/') + 1);
      const createdAtMs = Number(answer.Attributes?.CreatedTimestamp) * 1000;
      queues.push({ queueName, taskId: queueName.slice(queuePrefix.length), createdAtMs });
    }
  }
  return queues;
}

function taskQueue({ sqs, sns }: TaskQueueOptions, queueUrl: string, subscriptionArn: string): TaskQueue {
  return {
    async receive(signal) {
      const receive = new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: MESSAGES_PER_CALL,
      });
      try {
        const { Messages = [] } = await sqs.send(receive, { abortSignal: signal });
        return Messages.map(toQueueMessage);
      } catch (error) {
        // The SDK rejects with its own error.
        signal.throwIfAborted();
        throw error;
      }
    },
    async delete(messages) {
      for (let start = 0; start < messages.length; start += MESSAGES_PER_CALL) {
        const chunk = messages.slice(start, start + MESSAGES_PER_CALL);
        const Entries = chunk.map(({ receipt }, index) => ({ Id: String(index), ReceiptHandle: receipt }));
        // An entry that fails is received again after the visibility timeout; a duplicate hint does no harm.
        await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
      }
    },
    async close() {
      try {
        await unsubscribe(sns, subscriptionArn);
      } finally {
        await deleteQueue(sqs, queueUrl);
      }
    },
  };
}

function toQueueMessage({ Body = '', ReceiptHandle = '' }: Message): QueueMessage {
  return { body: Body, receipt: ReceiptHandle };
}

async function subscribe({ sns, topicArn }: TaskQueueOptions, queueArn: string): Promise<string> {
  const { SubscriptionArn } = await sns.send(
    new SubscribeCommand({
      TopicArn: topicArn,
      Protocol: 'sqs',
      Endpoint: queueArn,
      Attributes: { RawMessageDelivery: 'true' },
      ReturnSubscriptionArn: true,
    }),
  );
  if (SubscriptionArn === undefined) throw new TypeError(`SNS subscribed ${queueArn} but returned no ARN`);
  return SubscriptionArn;
}

function deliveryPolicy(queueArn: string, topicArn: string) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'TopicDelivers',
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
      },
      {
        Sid: 'TlsOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 'sqs:*',
        Resource: queueArn,
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  };
}

/** Ends a subscription, if it still exists. */
async function unsubscribe(sns: SNSClient, subscriptionArn: string): Promise<void> {
  try {
    await sns.send(new UnsubscribeCommand({ SubscriptionArn: subscriptionArn }));
  } catch (error) {
    if (!(error instanceof NotFoundException)) throw error;
  }
}

/** Deletes a queue, if it still exists. */
async function deleteQueue(sqs: SQSClient, queueUrl: string): Promise<void> {
  await ifQueueExists(sqs.send(new DeleteQueueCommand({ QueueUrl: queueUrl })));
}

/** The ARN of a queue in the account and Region of the topic, where all task queues are. */
function siblingQueueArn(topicArn: string, queueName: string): string {
  const [arn, partition, , region, account] = topicArn.split(':');
  return [arn, partition, 'sqs', region, account, queueName].join(':');
}

async function ifQueueExists<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof QueueDoesNotExist) return undefined;
    throw error;
  }
}

async function taggedSubscription(sqs: SQSClient, queueUrl: string): Promise<string | undefined> {
  const answer = await ifQueueExists(sqs.send(new ListQueueTagsCommand({ QueueUrl: queueUrl })));
  return answer?.Tags?.[SUBSCRIPTION_TAG];
}

async function findSubscription(sns: SNSClient, topicArn: string, queueArn: string): Promise<string | undefined> {
  for await (const { Subscriptions = [] } of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: topicArn })) {
    const found = Subscriptions.find(({ Endpoint }) => Endpoint === queueArn);
    if (found?.SubscriptionArn !== undefined) return found.SubscriptionArn;
  }
  return undefined;
}
