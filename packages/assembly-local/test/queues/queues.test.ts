import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  QueueDeletedRecently,
  QueueDoesNotExist,
  QueueNameExists,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { queueOperations } from '../../queues/operations.ts';
import { Queues } from '../../queues/queues.ts';
import { startEndpoint, type TestEndpoint } from '../support/endpoint.ts';

let endpoint: TestEndpoint;
let queues: Queues;
let sqs: SQSClient;
let count = 0;

beforeAll(async () => {
  endpoint = await startEndpoint();
  queues = new Queues({ region: 'us-east-1', account: '000000000000', endpoint: endpoint.url, nameBlockedMs: 60_000 });
  endpoint.serve({ json: { AmazonSQS: queueOperations(queues) } });
  sqs = new SQSClient(endpoint.client);
});

afterAll(() => {
  sqs.destroy();
  queues.close();
  endpoint.close();
});

async function newQueue(Attributes: Record<string, string> = {}): Promise<string> {
  count += 1;
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `queue-${count}`, Attributes }));
  return QueueUrl ?? '';
}

async function send(QueueUrl: string, ...bodies: string[]): Promise<void> {
  for (const MessageBody of bodies) await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
}

async function receive(QueueUrl: string, options: Partial<ReceiveMessageCommandInput> = {}) {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'], ...options }),
  );
  return Messages;
}

test('a message is sent, received with its digest, and deleted', async () => {
  const QueueUrl = await newQueue();
  await send(QueueUrl, 'hello “world” & <all>');
  const [message] = await receive(QueueUrl);
  expect(message?.Body).toBe('hello “world” & <all>');
  expect(message?.Attributes?.['ApproximateReceiveCount']).toBe('1');
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message?.ReceiptHandle }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
  expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' });
});

test('a received message is hidden for the visibility timeout and then comes back with a higher receive count', async () => {
  const QueueUrl = await newQueue({ VisibilityTimeout: '1' });
  await send(QueueUrl, 'again');
  await receive(QueueUrl);
  expect(await receive(QueueUrl)).toEqual([]);
  const [message] = await receive(QueueUrl, { WaitTimeSeconds: 5 });
  expect(message?.Attributes?.['ApproximateReceiveCount']).toBe('2');
});

test('a visibility timeout of 0 makes a message visible at once', async () => {
  const QueueUrl = await newQueue();
  await send(QueueUrl, 'again');
  const [first] = await receive(QueueUrl);
  await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle, VisibilityTimeout: 0 }));
  expect(await receive(QueueUrl)).toHaveLength(1);
});

test('an outdated receipt deletes nothing', async () => {
  const QueueUrl = await newQueue();
  await send(QueueUrl, 'kept');
  const [first] = await receive(QueueUrl, { VisibilityTimeout: 0 });
  const [second] = await receive(QueueUrl, { VisibilityTimeout: 0 });
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: first?.ReceiptHandle }));
  expect(await receive(QueueUrl)).toHaveLength(1);
  expect(second?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
});

test('a long poll ends with the first message', async () => {
  const QueueUrl = await newQueue();
  const polling = receive(QueueUrl, { WaitTimeSeconds: 20 });
  await send(QueueUrl, 'now');
  expect((await polling).map(({ Body }) => Body)).toEqual(['now']);
});

test('an aborted poll takes no message', async () => {
  const QueueUrl = await newQueue();
  const abort = new AbortController();
  const polling = queues.byUrl(QueueUrl).receive({ waitSeconds: 20 }, abort.signal);
  abort.abort();
  expect(await polling).toEqual([]);
  await send(QueueUrl, 'for another');
  expect(await receive(QueueUrl, { WaitTimeSeconds: 2 })).toHaveLength(1);
});

test('a delayed message is not visible early', async () => {
  const QueueUrl = await newQueue();
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'later', DelaySeconds: 1 }));
  expect(await receive(QueueUrl)).toEqual([]);
  expect(await receive(QueueUrl, { WaitTimeSeconds: 5 })).toHaveLength(1);
});

test('a message that was received too often moves to the dead-letter queue', async () => {
  const deadLetters = await newQueue();
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: deadLetters, AttributeNames: ['QueueArn'] }));
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes?.['QueueArn'], maxReceiveCount: 2 });
  const QueueUrl = await newQueue({ RedrivePolicy });
  await send(QueueUrl, 'poison');
  await receive(QueueUrl, { VisibilityTimeout: 0 });
  await receive(QueueUrl, { VisibilityTimeout: 0 });
  expect(await receive(QueueUrl)).toEqual([]);
  const [dead] = await receive(deadLetters);
  expect(dead?.Body).toBe('poison');
  expect(dead?.Attributes?.['DeadLetterQueueSourceArn']).toMatch(/:queue-\d+$/);
});

test('batches report each entry', async () => {
  const QueueUrl = await newQueue({ MaximumMessageSize: '1024' });
  const sent = await sqs.send(
    new SendMessageBatchCommand({
      QueueUrl,
      Entries: [
        { Id: 'a', MessageBody: 'one' },
        { Id: 'b', MessageBody: '' },
      ],
    }),
  );
  expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['a']);
  expect(sent.Failed).toMatchObject([{ Id: 'b', SenderFault: true }]);
  const [message] = await receive(QueueUrl);
  const deleted = await sqs.send(
    new DeleteMessageBatchCommand({
      QueueUrl,
      Entries: [
        { Id: 'a', ReceiptHandle: message?.ReceiptHandle },
        { Id: 'b', ReceiptHandle: 'nonsense' },
      ],
    }),
  );
  expect(deleted.Successful?.map(({ Id }) => Id)).toEqual(['a']);
  expect(deleted.Failed?.map(({ Id, Code }) => [Id, Code])).toEqual([['b', 'ReceiptHandleIsInvalid']]);
});

test('a batch over the size limit is refused as a whole', async () => {
  const QueueUrl = await newQueue();
  const Entries = ['a', 'b'].map((Id) => ({ Id, MessageBody: 'x'.repeat(140_000) }));
  await expect(sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }))).rejects.toMatchObject({
    name: 'BatchRequestTooLong',
  });
});

test('a message over 256 KiB is refused', async () => {
  const QueueUrl = await newQueue();
  await expect(send(QueueUrl, 'x'.repeat(262_145))).rejects.toThrow(/262145/);
});

test('message attributes are returned when they are requested', async () => {
  const QueueUrl = await newQueue();
  const MessageAttributes = { kind: { DataType: 'String', StringValue: 'x' }, raw: { DataType: 'Binary', BinaryValue: Buffer.of(1, 2) } };
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'b', MessageAttributes }));
  const [message] = await receive(QueueUrl, { MessageAttributeNames: ['kind'] });
  expect(message?.MessageAttributes).toEqual({ kind: { DataType: 'String', StringValue: 'x' } });
});

test('creating a queue again with the same attributes returns the same queue', async () => {
  const first = await sqs.send(new CreateQueueCommand({ QueueName: 'idem', Attributes: { VisibilityTimeout: '7' } }));
  const second = await sqs.send(new CreateQueueCommand({ QueueName: 'idem', Attributes: { VisibilityTimeout: '7' } }));
  expect(second.QueueUrl).toBe(first.QueueUrl);
});

test('creating a queue again with other attributes is rejected', async () => {
  await sqs.send(new CreateQueueCommand({ QueueName: 'taken' }));
  const again = sqs.send(new CreateQueueCommand({ QueueName: 'taken', Attributes: { VisibilityTimeout: '7' } }));
  await expect(again).rejects.toBeInstanceOf(QueueNameExists);
});

test('the name of a deleted queue is blocked', async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'gone' }));
  await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  await expect(sqs.send(new CreateQueueCommand({ QueueName: 'gone' }))).rejects.toBeInstanceOf(QueueDeletedRecently);
});

test('deleting a queue ends the polls on it', async () => {
  const QueueUrl = await newQueue();
  const polling = queues.byUrl(QueueUrl).receive({ waitSeconds: 20 }, new AbortController().signal);
  await sqs.send(new DeleteQueueCommand({ QueueUrl }));
  expect(await polling).toEqual([]);
});

test.each(['bad name', 'x'.repeat(81), ''])('the queue name %j is refused', async (QueueName) => {
  await expect(sqs.send(new CreateQueueCommand({ QueueName }))).rejects.toThrow(/alphanumeric/);
});

test('an unknown queue is QueueDoesNotExist', async () => {
  await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'nobody' }))).rejects.toBeInstanceOf(QueueDoesNotExist);
});

test('the old error code is sent too, for clients of the query protocol', async () => {
  const response = await fetch(endpoint.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AmazonSQS.GetQueueUrl',
      authorization: 'AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=x',
    },
    body: JSON.stringify({ QueueName: 'nobody' }),
  });
  expect(response.headers.get('x-amzn-query-error')).toBe('AWS.SimpleQueueService.NonExistentQueue;Sender');
  expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
});

test('queues are listed by prefix, in pages', async () => {
  for (const name of ['page-a', 'page-b', 'page-c', 'other']) await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const first = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'page-', MaxResults: 2 }));
  expect(first.QueueUrls?.map((url) => url.split('/').at(-1))).toEqual(['page-a', 'page-b']);
  const second = await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'page-', MaxResults: 2, NextToken: first.NextToken }));
  expect(second.QueueUrls?.map((url) => url.split('/').at(-1))).toEqual(['page-c']);
  expect(second.NextToken).toBeUndefined();
});

test('tags are set, listed and removed', async () => {
  const QueueUrl = await newQueue();
  await sqs.send(new TagQueueCommand({ QueueUrl, Tags: { 'lanes:subscription': 'arn', other: 'x' } }));
  await sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys: ['other'] }));
  expect((await sqs.send(new ListQueueTagsCommand({ QueueUrl }))).Tags).toEqual({ 'lanes:subscription': 'arn' });
});

test('attributes can be read one by one and changed', async () => {
  const QueueUrl = await newQueue();
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '9' } }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['VisibilityTimeout', 'QueueArn', 'CreatedTimestamp'] }),
  );
  expect(Object.keys(Attributes ?? {}).sort()).toEqual(['CreatedTimestamp', 'QueueArn', 'VisibilityTimeout']);
  expect(Attributes?.['VisibilityTimeout']).toBe('9');
  expect(Math.abs(Number(Attributes?.['CreatedTimestamp']) - Date.now() / 1000)).toBeLessThan(60);
});

test('purging empties a queue', async () => {
  const QueueUrl = await newQueue();
  await send(QueueUrl, 'a', 'b');
  await sqs.send(new PurgeQueueCommand({ QueueUrl }));
  expect(await receive(QueueUrl)).toEqual([]);
});

test('what is not emulated is an error that names it', async () => {
  const QueueUrl = await newQueue();
  await expect(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', MessageGroupId: 'g' }))).rejects.toThrow(/MessageGroupId/);
  await expect(sqs.send(new CreateQueueCommand({ QueueName: 'x.fifo' }))).rejects.toThrow(/FIFO/);
});
