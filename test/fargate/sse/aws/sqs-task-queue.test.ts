import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, test } from '@jest/globals';
import { listTaskQueues, openTaskQueue, removeTaskQueue } from '../../../../fargate/sse/aws/sqs-task-queue.ts';
import { SUBSCRIPTION_TAG } from '../../../../fargate/sse/contract.ts';
import { type AwsBehaviour, type AwsCall, type AwsResponse, type AwsStub, startAwsStub } from '../../../support/aws-stub.ts';
import { InstantClock } from '../../../support/instant-clock.ts';

const TOPIC_ARN = 'arn:aws:sns:eu-west-1:111122223333:lanes-topic';
const QUEUE_ARN = 'arn:aws:sqs:eu-west-1:111122223333:lanes-sse-7f3a';
const QUEUE_URL = 'https://sqs.eu-west-1.amazonaws.com/111122223333/lanes-sse-7f3a';
const SUBSCRIPTION_ARN = `${TOPIC_ARN}:c6f3ad14`;

const NO_QUEUE: AwsResponse = {
  status: 400,
  headers: { 'x-amzn-query-error': 'AWS.SimpleQueueService.NonExistentQueue;Sender' },
  body: { __type: 'com.amazonaws.sqs#QueueDoesNotExist', message: 'The specified queue does not exist.' },
};

const NO_SUBSCRIPTION: AwsResponse = {
  status: 404,
  body: '<ErrorResponse><Error><Type>Sender</Type><Code>NotFound</Code><Message>Subscription does not exist</Message></Error></ErrorResponse>',
};

const DENIED: AwsResponse = {
  status: 403,
  body: '<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>not authorized</Message></Error></ErrorResponse>',
};

/** AWS while all goes well. */
const ANSWERS: Readonly<Record<string, AwsResponse>> = {
  CreateQueue: { body: { QueueUrl: QUEUE_URL } },
  GetQueueUrl: { body: { QueueUrl: QUEUE_URL } },
  ListQueueTags: { body: { Tags: { [SUBSCRIPTION_TAG]: SUBSCRIPTION_ARN } } },
  Subscribe: {
    body: `<SubscribeResponse><SubscribeResult><SubscriptionArn>${SUBSCRIPTION_ARN}</SubscriptionArn></SubscribeResult></SubscribeResponse>`,
  },
  Unsubscribe: { body: '<UnsubscribeResponse><ResponseMetadata/></UnsubscribeResponse>' },
};

let stub: AwsStub;
let clock: InstantClock;
let options: { sqs: SQSClient; sns: SNSClient; topicArn: string; queueName: string; clock: InstantClock };

async function start(answers: Readonly<Record<string, AwsResponse | 'hang' | ((call: AwsCall) => AwsResponse)>> = {}): Promise<void> {
  const behaviour: AwsBehaviour = (call) => {
    const answer = answers[call.action] ?? ANSWERS[call.action] ?? {};
    return typeof answer === 'function' ? answer(call) : answer;
  };
  stub = await startAwsStub(behaviour);
  clock = new InstantClock();
  options = {
    sqs: new SQSClient({ ...stub.clientOptions, useQueueUrlAsEndpoint: false }),
    sns: new SNSClient(stub.clientOptions),
    topicArn: TOPIC_ARN,
    queueName: 'lanes-sse-7f3a',
    clock,
  };
}

afterEach(async () => {
  options.sqs.destroy();
  options.sns.destroy();
  await stub.stop();
});

describe('openTaskQueue', () => {
  test('subscribes the queue with raw delivery, and tags it with the subscription', async () => {
    await start();
    await openTaskQueue(options);
    expect(stub.actions()).toEqual(['CreateQueue', 'Subscribe', 'TagQueue']);
    expect(stub.only('Subscribe').input).toMatchObject({
      TopicArn: TOPIC_ARN,
      Protocol: 'sqs',
      Endpoint: QUEUE_ARN,
      'Attributes.entry.1.key': 'RawMessageDelivery',
      'Attributes.entry.1.value': 'true',
      ReturnSubscriptionArn: 'true',
    });
    expect(stub.only('TagQueue').input).toEqual({ QueueUrl: QUEUE_URL, Tags: { [SUBSCRIPTION_TAG]: SUBSCRIPTION_ARN } });
  });

  test('waits until SQS allows using the new queue', async () => {
    let sleptBefore: readonly number[] = [];
    await start({
      Subscribe: () => {
        sleptBefore = [...clock.sleeps];
        return ANSWERS['Subscribe'] ?? {};
      },
    });
    await openTaskQueue(options);
    expect(sleptBefore).toEqual([1_000]);
  });

  test('makes an encrypted queue with the tags of its stack', async () => {
    await start();
    await openTaskQueue({ ...options, tags: { stage: 'prod' } });
    expect(stub.only('CreateQueue').input).toMatchObject({
      QueueName: 'lanes-sse-7f3a',
      Attributes: { SqsManagedSseEnabled: 'true' },
      tags: { stage: 'prod', 'lanes:task-queue': 'true' },
    });
  });

  test('allows only the topic to send, and nobody without TLS', async () => {
    await start();
    await openTaskQueue(options);
    const { Attributes } = stub.only('CreateQueue').input as { Attributes: { Policy: string } };
    expect(JSON.parse(Attributes.Policy).Statement).toEqual([
      expect.objectContaining({
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: QUEUE_ARN,
        Condition: { ArnEquals: { 'aws:SourceArn': TOPIC_ARN } },
      }),
      expect.objectContaining({ Effect: 'Deny', Principal: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
    ]);
  });

  test('leaves nothing behind when it may not subscribe', async () => {
    await start({ Subscribe: DENIED });
    await expect(openTaskQueue(options)).rejects.toThrow('not authorized');
    expect(stub.actions()).toEqual(['CreateQueue', 'Subscribe', 'DeleteQueue']);
  });

  test('leaves nothing behind when it may not tag', async () => {
    await start({ TagQueue: { status: 403, body: { __type: 'AccessDenied', message: 'no tags' } } });
    await expect(openTaskQueue(options)).rejects.toThrow('no tags');
    expect(stub.only('Unsubscribe').input).toMatchObject({ SubscriptionArn: SUBSCRIPTION_ARN });
    expect(stub.actions()).toContain('DeleteQueue');
  });
});

describe('a task queue', () => {
  test('returns bodies with the receipts for deleting them', async () => {
    await start({
      ReceiveMessage: {
        body: {
          Messages: [
            { MessageId: 'm1', ReceiptHandle: 'r1', Body: 'one', MD5OfBody: 'f97c5d29941bfb1b2fdab0874906ab82' },
            { MessageId: 'm2', ReceiptHandle: 'r2', Body: 'two', MD5OfBody: 'b8a9f715dbb64fd5c56e7783c6820a61' },
          ],
        },
      },
    });
    const queue = await openTaskQueue(options);
    expect(await queue.receive(new AbortController().signal)).toEqual([
      { body: 'one', receipt: 'r1' },
      { body: 'two', receipt: 'r2' },
    ]);
  });

  test('without messages returns an empty list', async () => {
    await start();
    const queue = await openTaskQueue(options);
    expect(await queue.receive(new AbortController().signal)).toEqual([]);
  });

  test('stops waiting on abort, with the reason of the signal', async () => {
    await start({ ReceiveMessage: 'hang' });
    const queue = await openTaskQueue(options);
    const reason = new Error('draining');
    const controller = new AbortController();
    const receiving = queue.receive(controller.signal);
    controller.abort(reason);
    await expect(receiving).rejects.toBe(reason);
  });

  test('rejects with the error of SQS otherwise', async () => {
    await start({ ReceiveMessage: NO_QUEUE });
    const queue = await openTaskQueue(options);
    await expect(queue.receive(new AbortController().signal)).rejects.toThrow('does not exist');
  });

  test('deletes messages in batches that SQS accepts', async () => {
    await start();
    const queue = await openTaskQueue(options);
    await queue.delete(Array.from({ length: 12 }, (_, i) => ({ body: '', receipt: `r${i}` })));
    await queue.delete([]);
    const batches = stub.calls
      .filter(({ action }) => action === 'DeleteMessageBatch')
      .map(({ input }) => input['Entries'] as { ReceiptHandle: string }[]);
    expect(batches.map(({ length }) => length)).toEqual([10, 2]);
    expect(batches.flat().map(({ ReceiptHandle }) => ReceiptHandle)).toEqual(Array.from({ length: 12 }, (_, i) => `r${i}`));
  });

  test('closes by unsubscribing first, and may be closed when everything is gone', async () => {
    await start({ DeleteQueue: NO_QUEUE, Unsubscribe: NO_SUBSCRIPTION });
    const queue = await openTaskQueue(options);
    await queue.close();
    await queue.close();
    expect(stub.actions().slice(3)).toEqual(['Unsubscribe', 'DeleteQueue', 'Unsubscribe', 'DeleteQueue']);
  });
});

test('a task that may not unsubscribe deletes its queue all the same, and says so', async () => {
  await start({ Unsubscribe: DENIED });
  const queue = await openTaskQueue(options);
  await expect(queue.close()).rejects.toThrow('not authorized');
  expect(stub.actions().at(-1)).toBe('DeleteQueue');
});

describe('removeTaskQueue', () => {
  const listed = (...endpoints: readonly string[]) => ({
    body: `<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>${endpoints
      .map((endpoint, i) => `<member><SubscriptionArn>${TOPIC_ARN}:s${i}</SubscriptionArn><Endpoint>${endpoint}</Endpoint></member>`)
      .join('')}</Subscriptions></ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`,
  });

  test('ends the subscription that the tag names, then deletes the queue', async () => {
    await start();
    await removeTaskQueue(options);
    expect(stub.actions()).toEqual(['GetQueueUrl', 'ListQueueTags', 'Unsubscribe', 'DeleteQueue']);
    expect(stub.only('Unsubscribe').input).toMatchObject({ SubscriptionArn: SUBSCRIPTION_ARN });
    expect(stub.only('DeleteQueue').input).toEqual({ QueueUrl: QUEUE_URL });
  });

  test('finds the subscription of an untagged queue on the topic', async () => {
    await start({ ListQueueTags: {}, ListSubscriptionsByTopic: listed('arn:aws:sqs:eu-west-1:111122223333:other', QUEUE_ARN) });
    await removeTaskQueue(options);
    expect(stub.only('Unsubscribe').input).toMatchObject({ SubscriptionArn: `${TOPIC_ARN}:s1` });
    expect(stub.actions().at(-1)).toBe('DeleteQueue');
  });

  test('ends a subscription whose queue was deleted first', async () => {
    await start({ GetQueueUrl: NO_QUEUE, ListSubscriptionsByTopic: listed(QUEUE_ARN) });
    await removeTaskQueue(options);
    expect(stub.only('Unsubscribe').input).toMatchObject({ SubscriptionArn: `${TOPIC_ARN}:s0` });
    expect(stub.actions()).not.toContain('DeleteQueue');
  });

  test('is fine if everything is gone already', async () => {
    await start({ GetQueueUrl: NO_QUEUE, ListSubscriptionsByTopic: listed() });
    await removeTaskQueue(options);
    expect(stub.actions()).toEqual(['GetQueueUrl', 'ListSubscriptionsByTopic']);
  });

  test('is fine when another cleaner is faster at every step', async () => {
    await start({
      ListQueueTags: NO_QUEUE,
      ListSubscriptionsByTopic: listed(QUEUE_ARN),
      Unsubscribe: NO_SUBSCRIPTION,
      DeleteQueue: NO_QUEUE,
    });
    await removeTaskQueue(options);
  });

  test('rejects when it may not', async () => {
    await start({ Unsubscribe: DENIED });
    await expect(removeTaskQueue(options)).rejects.toThrow('not authorized');
    // A queue that nobody reads costs money for as long as it is there.
    expect(stub.actions().at(-1)).toBe('DeleteQueue');
  });
});

describe('listTaskQueues', () => {
  test('lists every queue of the prefix with its task and its age, across pages', async () => {
    const url = (taskId: string) => `https://sqs.eu-west-1.amazonaws.com/111122223333/lanes-sse-${taskId}`;
    await start({
      ListQueues: ({ input }) =>
        input['NextToken'] === undefined ? { body: { QueueUrls: [url('7f3a')], NextToken: 'p2' } } : { body: { QueueUrls: [url('91bc')] } },
      GetQueueAttributes: { body: { Attributes: { CreatedTimestamp: '1767225600' } } },
    });
    const createdAtMs = Date.UTC(2026, 0, 1);
    expect(await listTaskQueues({ sqs: options.sqs, queuePrefix: 'lanes-sse-' })).toEqual([
      { queueName: 'lanes-sse-7f3a', taskId: '7f3a', createdAtMs },
      { queueName: 'lanes-sse-91bc', taskId: '91bc', createdAtMs },
    ]);
    expect(stub.calls[0]?.input).toMatchObject({ QueueNamePrefix: 'lanes-sse-' });
  });

  test('leaves out a queue that is deleted in the meantime', async () => {
    await start({ ListQueues: { body: { QueueUrls: [QUEUE_URL] } }, GetQueueAttributes: NO_QUEUE });
    expect(await listTaskQueues({ sqs: options.sqs, queuePrefix: 'lanes-sse-' })).toEqual([]);
  });
});
