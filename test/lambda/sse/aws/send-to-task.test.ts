import { createHash } from 'node:crypto';
import { SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, expect, test } from '@jest/globals';
import { sendToTask } from '../../../../lambda/sse/aws/send-to-task.ts';
import { type AwsResponse, type AwsStub, startAwsStub } from '../../../support/aws-stub.ts';

const QUEUE_URL = 'https://sqs.eu-west-1.amazonaws.com/111122223333/lanes-sse-7f3a';

const failure = (type: string): AwsResponse => ({ status: 400, body: { __type: `com.amazonaws.sqs#${type}`, message: type } });
const NO_QUEUE: AwsResponse = {
  ...failure('QueueDoesNotExist'),
  headers: { 'x-amzn-query-error': 'AWS.SimpleQueueService.NonExistentQueue;Sender' },
};

const ANSWERS: Readonly<Record<string, AwsResponse>> = {
  GetQueueUrl: { body: { QueueUrl: QUEUE_URL } },
  // The SDK compares the digest.
  SendMessage: { body: { MessageId: '1', MD5OfMessageBody: createHash('md5').update('text').digest('hex') } },
};

let stub: AwsStub;
let sqs: SQSClient;

/** Sends to a task while SQS answers so, and returns what it was asked. */
async function send(answers: Readonly<Record<string, AwsResponse>> = {}) {
  const calls: (readonly [string, unknown])[] = [];
  stub = await startAwsStub(({ action, input }) => {
    calls.push([action, input]);
    return answers[action] ?? ANSWERS[action] ?? {};
  });
  sqs = new SQSClient({ ...stub.clientOptions, useQueueUrlAsEndpoint: false });
  return { calls, outcome: sendToTask(sqs, 'lanes-sse-7f3a', 'text') };
}

afterEach(async () => {
  sqs.destroy();
  await stub.stop();
});

test("the message goes into the task's queue", async () => {
  const { calls, outcome } = await send();
  expect(await outcome).toBe('sent');
  expect(calls).toEqual([
    ['GetQueueUrl', { QueueName: 'lanes-sse-7f3a' }],
    ['SendMessage', expect.objectContaining({ QueueUrl: QUEUE_URL, MessageBody: 'text' })],
  ]);
});

test.each(['GetQueueUrl', 'SendMessage'])('a task without a queue is gone, as %s says', async (action) => {
  const { outcome } = await send({ [action]: NO_QUEUE });
  expect(await outcome).toBe('gone');
});

test('any other failure is one, so that Lambda tries again', async () => {
  const { outcome } = await send({ SendMessage: failure('InvalidMessageContents') });
  await expect(outcome).rejects.toThrow('InvalidMessageContents');
});
