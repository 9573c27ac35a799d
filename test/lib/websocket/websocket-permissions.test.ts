import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Template } from 'aws-cdk-lib/assertions';
import { dev, prod } from '../fixed-stages.ts';
import { allowances, allowedTo } from '../harness.ts';
import { readable, synthesize } from './synthesize.ts';

let devTemplate: Template;
let prodTemplate: Template;

beforeAll(() => {
  devTemplate = synthesize(dev);
  prodTemplate = synthesize(prod);
});

/** What whoever closes connections may do to end their presence, besides deleting their rows. */
const TELL = ['kms:Decrypt <BackboneTopicKey>', 'kms:GenerateDataKey <BackboneTopicKey>', 'sns:Publish <BackboneTopic>'];
const LEAVE = 'dynamodb:BatchWriteItem <BackbonePresenceTable>';

describe('who may do what', () => {
  test('names a resource wherever AWS supports one', () => {
    const onEverything = allowances(prodTemplate).filter(({ resources }) => resources.includes('*'));
    // CodeDeploy watches alarms, and AWS knows no resource for that.
    expect([...new Set(onEverything.flatMap(({ actions }) => actions))]).toEqual(['cloudwatch:DescribeAlarms']);
  });

  test('only functions that answer, deliver or close may post to connections, only those that close may close them, and only the sweep may inspect them, on this stage', () => {
    const posting = allowances(prodTemplate).filter(({ actions }) => actions.some((action) => action.startsWith('execute-api:')));
    expect(posting.map(({ role, ...rest }) => ({ role: role.replace(/Role\w+$/, ''), ...rest }))).toEqual(
      [
        { role: 'Frame', methods: ['DELETE', 'POST'] },
        { role: 'FanOutHandler', methods: ['POST'] },
        { role: 'PresenceHandler', methods: ['POST'] },
        { role: 'ReplaysHandler', methods: ['POST'] },
        { role: 'ExpiryHandler', methods: ['DELETE', 'POST'] },
        { role: 'SweepHandler', methods: ['GET'] },
      ].map(({ role, methods }) => ({
        role,
        actions: ['execute-api:ManageConnections'],
        resources: methods.map((method) =>
          expect.stringMatching(`^arn:aws:execute-api:${prod.region}:<AWS::AccountId>:<Api\\w+>/prod/${method}/@connections/\\*$`),
        ),
        condition: undefined,
      })),
    );
  });

  test('$connect writes the connection and counts it, and nothing else', () => {
    expect(readable(allowedTo(devTemplate, 'Connect'))).toEqual([
      'dynamodb:BatchGetItem <TablesConnections.Arn>',
      'dynamodb:DeleteItem <TablesConnections.Arn>',
      'dynamodb:GetItem <TablesPrincipals.Arn>',
      'dynamodb:PutItem <TablesConnections.Arn>',
      'dynamodb:UpdateItem <TablesPrincipals.Arn>',
    ]);
  });

  test('the function that closes connections of expired tokens finds them by the index, and may only delete rows of the tables', () => {
    expect(readable(allowedTo(devTemplate, 'ExpiryHandler')).filter((line) => line.startsWith('dynamodb:'))).toEqual([
      LEAVE,
      'dynamodb:BatchWriteItem <TablesSubscriptions.Arn>',
      'dynamodb:DeleteItem <TablesConnections.Arn>',
      'dynamodb:Query <TablesConnections.Arn>/index/byExpiry',
      'dynamodb:UpdateItem <TablesPrincipals.Arn>',
    ]);
  });

  test('$disconnect deletes the connection and its subscriptions, stops counting it, tells that it has left, and nothing else', () => {
    expect(readable(allowedTo(devTemplate, 'Disconnect'))).toEqual([
      LEAVE,
      'dynamodb:BatchWriteItem <TablesSubscriptions.Arn>',
      'dynamodb:DeleteItem <TablesConnections.Arn>',
      'dynamodb:UpdateItem <TablesPrincipals.Arn>',
      ...TELL,
    ]);
  });

  test('frames change subscriptions and presence, read and write the log, notify, and answer', () => {
    expect(readable(allowedTo(devTemplate, 'Frame'))).toEqual([
      'dynamodb:BatchGetItem <BackboneLogTable>',
      'dynamodb:BatchGetItem <BackbonePresenceTable>',
      LEAVE,
      'dynamodb:BatchWriteItem <TablesSubscriptions.Arn>',
      'dynamodb:DeleteItem <TablesConnections.Arn>',
      'dynamodb:DeleteItem <TablesSubscriptions.Arn>',
      'dynamodb:GetItem <BackboneLogTable>',
      'dynamodb:GetItem <TablesConnections.Arn>',
      'dynamodb:GetItem <TablesPrincipals.Arn>',
      'dynamodb:PutItem <BackboneLogTable>',
      'dynamodb:PutItem <TablesSubscriptions.Arn>',
      'dynamodb:Query <BackboneLogTable>',
      'dynamodb:Query <BackbonePresenceTable>',
      'dynamodb:UpdateItem <BackboneLogTable>',
      'dynamodb:UpdateItem <BackbonePresenceTable>',
      'dynamodb:UpdateItem <TablesConnections.Arn>',
      'dynamodb:UpdateItem <TablesPrincipals.Arn>',
      expect.stringMatching(/^execute-api:.*DELETE/),
      expect.stringMatching(/^execute-api:.*POST/),
      ...TELL,
      'sqs:SendMessage <ReplaysQueue.Arn>',
    ]);
  });

  test('replay turns read the log, save their progress, post, and queue the next turn', () => {
    expect(readable(allowedTo(devTemplate, 'ReplaysHandler')).filter((line) => !line.startsWith('execute-api:'))).toEqual([
      LEAVE,
      'dynamodb:BatchWriteItem <TablesSubscriptions.Arn>',
      'dynamodb:DeleteItem <TablesConnections.Arn>',
      'dynamodb:GetItem <BackboneLogTable>',
      'dynamodb:GetItem <TablesConnections.Arn>',
      'dynamodb:PutItem <BackboneLogTable>',
      'dynamodb:Query <BackboneLogTable>',
      'dynamodb:UpdateItem <TablesPrincipals.Arn>',
      ...TELL,
      ...['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage', 'SendMessage'].map((action) => `sqs:${action} <ReplaysQueue.Arn>`),
    ]);
  });

  test('the fan-out reads subscribers, deletes closed ones, posts, and sends to its own queues', () => {
    const sqs = (action: string, queue: string) => `sqs:${action} <FanOut${queue}.Arn>`;
    expect(readable(allowedTo(devTemplate, 'FanOutHandler')).filter((line) => !line.startsWith('execute-api:'))).toEqual([
      LEAVE,
      'dynamodb:BatchWriteItem <TablesSubscriptions.Arn>',
      'dynamodb:DeleteItem <TablesConnections.Arn>',
      'dynamodb:DeleteItem <TablesSubscriptions.Arn>',
      'dynamodb:Query <TablesSubscriptions.Arn>',
      'dynamodb:UpdateItem <TablesPrincipals.Arn>',
      ...TELL,
      ...['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'].flatMap((action) => [sqs(action, 'Deliveries'), sqs(action, 'Events')]),
      sqs('SendMessage', 'DeadLettersQueue'),
      sqs('SendMessage', 'Deliveries'),
    ]);
  });

  test('the fan-out of presence reads who is present and who follows that, deletes closed ones, and posts', () => {
    expect(readable(allowedTo(devTemplate, 'PresenceHandler')).filter((line) => !line.startsWith('execute-api:'))).toEqual([
      'dynamodb:BatchGetItem <BackbonePresenceTable>',
      LEAVE,
      'dynamodb:BatchWriteItem <TablesSubscriptions.Arn>',
      'dynamodb:DeleteItem <TablesConnections.Arn>',
      'dynamodb:DeleteItem <TablesSubscriptions.Arn>',
      'dynamodb:Query <BackbonePresenceTable>',
      'dynamodb:Query <TablesSubscriptions.Arn>',
      'dynamodb:UpdateItem <TablesPrincipals.Arn>',
      ...TELL,
      ...['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'].map((action) => `sqs:${action} <PresenceQueue.Arn>`),
    ]);
  });
});
