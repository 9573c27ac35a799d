import {
  GetTopicAttributesCommand,
  InvalidParameterException,
  ListSubscriptionsByTopicCommand,
  NotFoundException,
  PublishBatchCommand,
  PublishCommand,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
  UnsubscribeCommand,
} from '@aws-sdk/client-sns';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Faults } from '../../faults.ts';
import type { Queue } from '../../queues/queue.ts';
import { Queues } from '../../queues/queues.ts';
import { topicOperations } from '../../topics/operations.ts';
import { Topics } from '../../topics/topics.ts';
import { OPEN_POLICY } from '../support/access.ts';
import { startEndpoint, type TestEndpoint } from '../support/endpoint.ts';
import { testLog } from '../support/log.ts';

const TopicArn = 'arn:aws:sns:us-east-1:000000000000:events';

let endpoint: TestEndpoint;
let queues: Queues;
let topics: Topics;
let faults: Faults;
let lines: string[];
let sns: SNSClient;

beforeEach(async () => {
  endpoint = await startEndpoint();
  queues = new Queues({ region: 'us-east-1', account: '000000000000', endpoint: endpoint.url });
  faults = {};
  const kept = testLog();
  lines = kept.lines;
  topics = new Topics({ queues, faults, log: kept.log });
  topics.create(TopicArn);
  endpoint.serve({ sns: topicOperations({ topics, region: 'us-east-1', account: '000000000000' }) });
  sns = new SNSClient(endpoint.client);
});

afterEach(() => {
  sns.destroy();
  queues.close();
  endpoint.close();
});

async function subscribe(queue: Queue, Attributes: Record<string, string> = { RawMessageDelivery: 'true' }): Promise<string> {
  const { SubscriptionArn } = await sns.send(
    new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queue.arn, Attributes, ReturnSubscriptionArn: true }),
  );
  return SubscriptionArn ?? '';
}

async function bodies(queue: Queue): Promise<string[]> {
  const received = await queue.receive({ max: 10, waitSeconds: 0 }, new AbortController().signal);
  return received.map(({ body }) => body);
}

test('a message reaches every queue, raw', async () => {
  const [a, b] = [queues.create('a', { Policy: OPEN_POLICY }), queues.create('b', { Policy: OPEN_POLICY })];
  await subscribe(a);
  await subscribe(b);
  await sns.send(new PublishCommand({ TopicArn, Message: '{"text":"1 < 2 & “3”"}\n+%' }));
  expect(await bodies(a)).toEqual(['{"text":"1 < 2 & “3”"}\n+%']);
  expect(await bodies(b)).toEqual(['{"text":"1 < 2 & “3”"}\n+%']);
});

test('without raw delivery a message comes in an envelope', async () => {
  const queue = queues.create('a', { Policy: OPEN_POLICY });
  await subscribe(queue, {});
  await sns.send(
    new PublishCommand({ TopicArn, Message: 'hi', Subject: 's', MessageAttributes: { k: { DataType: 'String', StringValue: 'v' } } }),
  );
  const [body] = await bodies(queue);
  expect(JSON.parse(body ?? '')).toMatchObject({
    Type: 'Notification',
    TopicArn,
    Subject: 's',
    Message: 'hi',
    MessageAttributes: { k: { Type: 'String', Value: 'v' } },
  });
});

test('attributes of a raw message become attributes of the queue message', async () => {
  const queue = queues.create('a', { Policy: OPEN_POLICY });
  await subscribe(queue);
  await sns.send(new PublishCommand({ TopicArn, Message: 'hi', MessageAttributes: { k: { DataType: 'String', StringValue: 'v' } } }));
  const [message] = await queue.receive({ waitSeconds: 0 }, new AbortController().signal);
  expect(message?.messageAttributes).toEqual({ k: { DataType: 'String', StringValue: 'v' } });
});

test('a queue gets the messages that its filter policy lets pass', async () => {
  const [some, all] = [queues.create('some', { Policy: OPEN_POLICY }), queues.create('all', { Policy: OPEN_POLICY })];
  await subscribe(some, { RawMessageDelivery: 'true', FilterPolicy: '{"channel":[{"prefix":"ai."}]}' });
  await subscribe(all);
  const about = (channel: string) => ({ channel: { DataType: 'String', StringValue: channel } });
  await sns.send(new PublishCommand({ TopicArn, Message: 'no attribute' }));
  await sns.send(new PublishCommand({ TopicArn, Message: 'orders', MessageAttributes: about('orders') }));
  await sns.send(new PublishCommand({ TopicArn, Message: 'ai', MessageAttributes: about('ai.1') }));
  expect(await bodies(some)).toEqual(['ai']);
  expect(await bodies(all)).toEqual(['no attribute', 'orders', 'ai']);
});

test('a policy that SNS would refuse is an error of the call', async () => {
  const refused = subscribe(queues.create('a', { Policy: OPEN_POLICY }), { FilterPolicy: '{"channel":"a"}' });
  await expect(refused).rejects.toBeInstanceOf(InvalidParameterException);
});

test('subscribing the same queue again returns the same subscription', async () => {
  const queue = queues.create('a', { Policy: OPEN_POLICY });
  expect(await subscribe(queue)).toBe(await subscribe(queue));
});

test('subscribing the same queue with other attributes is rejected', async () => {
  const queue = queues.create('a', { Policy: OPEN_POLICY });
  await subscribe(queue);
  await expect(subscribe(queue, { RawMessageDelivery: 'false' })).rejects.toBeInstanceOf(InvalidParameterException);
});

test('an unsubscribed queue gets nothing, and unsubscribing twice is not an error', async () => {
  const queue = queues.create('a', { Policy: OPEN_POLICY });
  const SubscriptionArn = await subscribe(queue);
  await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
  await sns.send(new UnsubscribeCommand({ SubscriptionArn }));
  await sns.send(new PublishCommand({ TopicArn, Message: 'hi' }));
  expect(await bodies(queue)).toEqual([]);
});

test('a deleted queue does not affect the others', async () => {
  const [gone, there] = [queues.create('gone', { Policy: OPEN_POLICY }), queues.create('there', { Policy: OPEN_POLICY })];
  await subscribe(gone);
  await subscribe(there);
  queues.delete(gone);
  await sns.send(new PublishCommand({ TopicArn, Message: 'hi' }));
  expect(await bodies(there)).toEqual(['hi']);
});

test('what cannot be delivered goes to the dead-letter queue of the subscription', async () => {
  const [gone, dead] = [queues.create('gone', { Policy: OPEN_POLICY }), queues.create('dead', { Policy: OPEN_POLICY })];
  await subscribe(gone, { RawMessageDelivery: 'true', RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn }) });
  queues.delete(gone);
  await sns.send(new PublishCommand({ TopicArn, Message: 'hi' }));
  expect(await bodies(dead)).toEqual(['hi']);
});

test('subscriptions are listed in pages of 100', async () => {
  for (let n = 0; n < 101; n++) topics.subscribe(TopicArn, 'sqs', `arn:aws:sqs:us-east-1:000000000000:q${n}`, {});
  const first = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
  expect(first.Subscriptions).toHaveLength(100);
  expect(first.Subscriptions?.[0]).toMatchObject({ TopicArn, Protocol: 'sqs', Endpoint: 'arn:aws:sqs:us-east-1:000000000000:q0' });
  const second = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn, NextToken: first.NextToken }));
  expect(second.Subscriptions).toHaveLength(1);
  expect(second.NextToken).toBeUndefined();
});

test('a topic returns its ARN and its number of subscriptions', async () => {
  await subscribe(queues.create('a', { Policy: OPEN_POLICY }));
  const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
  expect(Attributes).toMatchObject({ TopicArn, SubscriptionsConfirmed: '1' });
});

test('a message over 256 KiB is refused', async () => {
  await expect(sns.send(new PublishCommand({ TopicArn, Message: 'x'.repeat(262_145) }))).rejects.toBeInstanceOf(InvalidParameterException);
});

test('an unknown topic is NotFound', async () => {
  const publish = new PublishCommand({ TopicArn: `${TopicArn}-not`, Message: 'x' });
  await expect(sns.send(publish)).rejects.toBeInstanceOf(NotFoundException);
});

test('a batch reports each entry', async () => {
  const queue = queues.create('a', { Policy: OPEN_POLICY });
  await subscribe(queue);
  const { Successful, Failed } = await sns.send(
    new PublishBatchCommand({
      TopicArn,
      PublishBatchRequestEntries: [
        { Id: '1', Message: 'one' },
        { Id: '2', Message: 'x'.repeat(262_145) },
      ],
    }),
  );
  expect([Successful?.map(({ Id }) => Id), Failed?.map(({ Id }) => Id)]).toEqual([['1'], ['2']]);
  expect(await bodies(queue)).toEqual(['one']);
});

test('what is not emulated is an error that names it', async () => {
  const set = new SetTopicAttributesCommand({ TopicArn, AttributeName: 'x', AttributeValue: 'y' });
  await expect(sns.send(set)).rejects.toThrow(/SetTopicAttributes/);
  const email = new SubscribeCommand({ TopicArn, Protocol: 'email', Endpoint: 'a@example.com' });
  await expect(sns.send(email)).rejects.toThrow(/email/);
  const retried = subscribe(queues.create('a', { Policy: OPEN_POLICY }), { DeliveryPolicy: '{}' });
  await expect(retried).rejects.toThrow(/DeliveryPolicy/);
});

test('an injected fault can lose, duplicate and delay notifications', async () => {
  const queue = queues.create('a', { Policy: OPEN_POLICY });
  await subscribe(queue);
  const held: (() => void)[] = [];
  faults.notification = (queueName, body, deliver) => {
    expect(queueName).toBe('a');
    if (body === 'lost') return;
    if (body === 'doubled') deliver(body);
    if (body === 'late') held.push(() => deliver(body));
    else deliver(body);
  };
  for (const Message of ['lost', 'late', 'doubled']) await sns.send(new PublishCommand({ TopicArn, Message }));
  for (const release of held) release();
  expect(await bodies(queue)).toEqual(['doubled', 'doubled', 'late']);
});

test('a queue whose policy denies the topic gets nothing, its dead-letter queue does, and the log names it', async () => {
  const [closed, deadLetters] = [queues.create('closed'), queues.create('dead', { Policy: OPEN_POLICY })];
  const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn });
  await subscribe(closed, { RawMessageDelivery: 'true', RedrivePolicy });
  await sns.send(new PublishCommand({ TopicArn, Message: 'refused' }));
  expect(await bodies(closed)).toEqual([]);
  expect(await bodies(deadLetters)).toEqual(['refused']);
  expect(lines.join('')).toMatch(/AccessDenied: SNS may not sqs:SendMessage on arn:aws:sqs:us-east-1:000000000000:closed for .*:events/);
});
