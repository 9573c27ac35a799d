import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, test } from '@jest/globals';
import { createDeliveryQueue } from '../../../../lambda/websocket/aws/delivery-queue.ts';
import { type DeliveryJob, parseDeliveryJob } from '../../../../lambda/websocket/domain/delivery-job.ts';
import type { DeliveryQueue } from '../../../../lambda/websocket/ports.ts';
import { type AwsResponse, type AwsStub, startAwsStub } from '../../../support/aws-stub.ts';

const DELIVERY_QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/111122223333/delivery';
const DEAD_LETTER_QUEUE_URL = 'https://sqs.us-east-1.amazonaws.com/111122223333/dead';

let stub: AwsStub;
let client: SQSClient;
let queue: DeliveryQueue;

async function start(answer: AwsResponse = {}): Promise<void> {
  stub = await startAwsStub(() => answer);
  client = new SQSClient({ ...stub.clientOptions, useQueueUrlAsEndpoint: false, md5: false });
  queue = createDeliveryQueue({ client, deliveryQueueUrl: DELIVERY_QUEUE_URL, deadLetterQueueUrl: DEAD_LETTER_QUEUE_URL });
}

afterEach(async () => {
  client.destroy();
  await stub.stop();
});

function job(seq: number, data = 'x'): DeliveryJob {
  const event = { channel: 'a', epoch: 'k3f9', seq, type: 'message', data, publishedAtMs: 1_000 };
  return { events: [event], subscribers: [{ connectionId: 'c1', version: 'v1' }], attempt: 2 };
}

interface Batch {
  readonly QueueUrl: string;
  readonly Entries: readonly { readonly Id: string; readonly MessageBody: string; readonly DelaySeconds: number }[];
}

function batches(): readonly Batch[] {
  return stub.calls.map(({ input }) => input as unknown as Batch);
}

test('jobs arrive as they were queued, after the delay', async () => {
  await start();
  await queue.enqueue([job(1), job(2)], 5);
  const [batch] = batches();
  expect(batch?.QueueUrl).toBe(DELIVERY_QUEUE_URL);
  expect(batch?.Entries.map(({ MessageBody }) => parseDeliveryJob(MessageBody))).toEqual([job(1), job(2)]);
  expect(batch?.Entries.map(({ DelaySeconds }) => DelaySeconds)).toEqual([5, 5]);
});

test('many jobs go in batches of ten with ids of their own', async () => {
  await start();
  const jobs = Array.from({ length: 23 }, (_, i) => job(i + 1));
  await queue.enqueue(jobs);
  expect(batches().map(({ Entries }) => Entries.length)).toEqual([10, 10, 3]);
  for (const { Entries } of batches()) expect(new Set(Entries.map(({ Id }) => Id)).size).toBe(Entries.length);
  expect(batches().flatMap(({ Entries }) => Entries.map(({ MessageBody }) => parseDeliveryJob(MessageBody)))).toEqual(jobs);
});

test('large jobs go in batches of at most 256 KiB', async () => {
  await start();
  await queue.enqueue([1, 2, 3, 4, 5].map((seq) => job(seq, 'x'.repeat(96 * 1024))));
  expect(batches().map(({ Entries }) => Entries.length)).toEqual([2, 2, 1]);
});

test('no jobs make no call', async () => {
  await start();
  await queue.enqueue([]);
  expect(stub.calls).toEqual([]);
});

test('a message that SQS refuses rejects with DeliveryNotQueuedError', async () => {
  await start({ body: { Successful: [], Failed: [{ Id: '0', Code: 'ServiceUnavailable', SenderFault: false }] } });
  await expect(queue.enqueue([job(1)])).rejects.toThrow(expect.objectContaining({ name: 'DeliveryNotQueuedError' }));
});

test('a job that is given up goes to the dead-letter queue', async () => {
  await start();
  await queue.deadLetter(job(1));
  const { QueueUrl, MessageBody } = stub.only('SendMessage').input as { QueueUrl: string; MessageBody: string };
  expect(QueueUrl).toBe(DEAD_LETTER_QUEUE_URL);
  expect(parseDeliveryJob(MessageBody)).toEqual(job(1));
});
