import { SNSClient } from '@aws-sdk/client-sns';
import { expect, test } from '@jest/globals';
import { createSnsEventBus } from '../../../backbone/aws/sns-event-bus.ts';
import { readEphemeralNotification } from '../../../backbone/domain/ephemeral-event.ts';
import { parseJsonObject, parseNotification } from '../../../backbone/domain/notification.ts';
import { readPresenceNotification } from '../../../backbone/domain/presence.ts';
import { startAwsStub } from '../../support/aws-stub.ts';
import { ephemeralEvent } from '../../support/ephemeral.ts';

test('a notification goes to the topic, queues can read it, and filter policies see its channel', async () => {
  const stub = await startAwsStub(() => ({
    body: '<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>',
  }));
  const client = new SNSClient(stub.clientOptions);
  const event = { channel: 'a', epoch: 'k3f9', seq: 7, type: 'tick', data: 'é\n&=+ ☂', publishedAtMs: 1_000 };
  await createSnsEventBus({ client, topicArn: 'arn:aws:sns:us-east-1:111122223333:topic' }).notify([event]);
  const { TopicArn, Message, ...attributes } = stub.only('Publish').input;
  expect(TopicArn).toBe('arn:aws:sns:us-east-1:111122223333:topic');
  expect(parseNotification(String(Message))).toEqual([event]);
  expect(attributes).toMatchObject({
    'MessageAttributes.entry.1.Name': 'channel',
    'MessageAttributes.entry.1.Value.DataType': 'String',
    'MessageAttributes.entry.1.Value.StringValue': 'a',
  });
  client.destroy();
  await stub.stop();
});

test('an event of an ephemeral channel is announced without the attribute by which consumers get events', async () => {
  const stub = await startAwsStub(() => ({
    body: '<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>',
  }));
  const client = new SNSClient(stub.clientOptions);
  await createSnsEventBus({ client, topicArn: 'arn:aws:sns:us-east-1:111122223333:topic' }).announce(ephemeralEvent(7));
  const { Message, ...others } = stub.only('Publish').input;
  expect(readEphemeralNotification(parseJsonObject(String(Message)))).toEqual(ephemeralEvent(7));
  expect(JSON.stringify(others)).not.toContain('MessageAttributes');
  client.destroy();
  await stub.stop();
});

test('changes of presence are told with an attribute of their own, and without the one by which consumers get events', async () => {
  const stub = await startAwsStub(() => ({
    body: '<PublishResponse><PublishResult><MessageId>m</MessageId></PublishResult></PublishResponse>',
  }));
  const client = new SNSClient(stub.clientOptions);
  const told = { channel: 'a', owner: 'task', changes: [{ member: 'é #', data: 'x', connections: 1, version: 1 }] };
  await createSnsEventBus({ client, topicArn: 'arn:aws:sns:us-east-1:111122223333:topic' }).tell(told);
  const { Message, ...others } = stub.only('Publish').input;
  expect(readPresenceNotification(parseJsonObject(String(Message)))).toEqual(told);
  expect(others).toMatchObject({
    'MessageAttributes.entry.1.Name': 'kind',
    'MessageAttributes.entry.1.Value.StringValue': 'presence',
  });
  expect(JSON.stringify(others)).not.toContain('entry.2');
  client.destroy();
  await stub.stop();
});
