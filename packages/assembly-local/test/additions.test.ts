import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '../../../test/support/until.ts';
import { type LocalRun, startLocalRun } from '../run.ts';
import { type TestApp, writeApp } from './support/app.ts';
import { testLog } from './support/log.ts';

/*
 * What teams add to the app first, in a strict run: functions as the CDK makes them, with rules of their own, queues, topics, buckets
 * and alarms.
 */

const arn = (id: string) => ({ 'Fn::GetAtt': [id, 'Arn'] });
const document = (Statement: readonly object[]) => ({ Version: '2012-10-17', Statement });
const allow = (Service: string, Action: string | readonly string[], Resource: unknown) => ({
  Effect: 'Allow',
  Principal: { Service },
  Action,
  Resource,
});

/** As the construct `Function` of the CDK makes it by default. */
const worker = {
  Worker: {
    Type: 'AWS::Lambda::Function',
    // Its log has what it was invoked with.
    Properties: { Code: { S3Key: 'worker.zip' }, Handler: 'index.handler', Runtime: 'nodejs22.x', Role: arn('WorkerRole') },
  },
  WorkerRole: {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: document([allow('lambda.amazonaws.com', 'sts:AssumeRole', undefined)]),
      ManagedPolicyArns: [
        { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/service-role/AWSLambdaBasicExecutionRole']] },
      ],
    },
  },
  WorkerPolicy: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      PolicyName: 'WorkerPolicy',
      Roles: [{ Ref: 'WorkerRole' }],
      PolicyDocument: document([
        {
          Effect: 'Allow',
          Action: ['sqs:ReceiveMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueUrl', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
          Resource: arn('Orders'),
        },
      ]),
    },
  },
};

const permission = (Principal: string, SourceArn: unknown) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: { Action: 'lambda:InvokeFunction', FunctionName: arn('Worker'), Principal, SourceArn },
});

const rule = (properties: object) => ({ Type: 'AWS::Events::Rule', Properties: { State: 'ENABLED', ...properties } });

const additions = {
  ...worker,
  OrderPlaced: rule({
    EventPattern: { 'detail-type': ['OrderPlaced'] },
    Targets: [
      {
        Id: 'Target0',
        Arn: arn('Worker'),
        InputTransformer: { InputPathsMap: { id: '$.detail.id' }, InputTemplate: '{"placed":<id>,"by":"rule <aws.events.rule-name>"}' },
      },
    ],
  }),
  OrderPlacedPermission: permission('events.amazonaws.com', arn('OrderPlaced')),
  Orders: { Type: 'AWS::SQS::Queue' },
  Mapping: { Type: 'AWS::Lambda::EventSourceMapping', Properties: { EventSourceArn: arn('Orders'), FunctionName: { Ref: 'Worker' } } },
  Files: { Type: 'AWS::S3::Bucket' },
  FilesPolicy: { Type: 'AWS::S3::BucketPolicy', Properties: { Bucket: { Ref: 'Files' } } },
  // A topic that is encrypted with a key that EventBridge and CloudWatch may use, and one whose key they may not.
  AlarmsKey: {
    Type: 'AWS::KMS::Key',
    Properties: {
      KeyPolicy: document([
        allow('events.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey*'], '*'),
        allow('cloudwatch.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey*'], '*'),
      ]),
    },
  },
  Alarms: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: arn('AlarmsKey') } },
  AlarmsPolicy: {
    Type: 'AWS::SNS::TopicPolicy',
    Properties: {
      Topics: [{ Ref: 'Alarms' }, { Ref: 'Locked' }],
      PolicyDocument: document([allow('events.amazonaws.com', 'sns:Publish', [{ Ref: 'Alarms' }, { Ref: 'Locked' }])]),
    },
  },
  LockedKey: { Type: 'AWS::KMS::Key', Properties: {} },
  Locked: { Type: 'AWS::SNS::Topic', Properties: { KmsMasterKeyId: arn('LockedKey') } },
  AlarmChanged: rule({
    EventPattern: { source: ['aws.cloudwatch'], 'detail-type': ['CloudWatch Alarm State Change'] },
    Targets: [
      {
        Id: 'Target0',
        Arn: { Ref: 'Alarms' },
        InputTransformer: {
          InputPathsMap: { alarm: '$.detail.alarmName', state: '$.detail.state.value' },
          InputTemplate: '"<alarm> is <state>"',
        },
      },
      { Id: 'Target1', Arn: { Ref: 'Locked' } },
    ],
  }),
  OnCall: { Type: 'AWS::SNS::Subscription', Properties: { TopicArn: { Ref: 'Alarms' }, Protocol: 'lambda', Endpoint: arn('Worker') } },
  OnCallPermission: permission('sns.amazonaws.com', { Ref: 'Alarms' }),
  Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties: { AlarmActions: [{ Ref: 'Alarms' }] } },
};

let app: TestApp;
let run: LocalRun;
let lines: string[];
let events: EventBridgeClient;
let sqs: SQSClient;

beforeAll(async () => {
  app = writeApp({ resources: additions });
  app.addFunction('worker.zip', 'export const handler = async (event) => { console.log("invoked with " + JSON.stringify(event)); };');
  const kept = testLog();
  lines = kept.lines;
  run = await startLocalRun({ assemblyDir: app.directory, tasks: 1, log: kept.log });
  const client = { endpoint: run.urls.endpoint, region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } };
  [events, sqs] = [new EventBridgeClient(client), new SQSClient(client)];
});

afterAll(async () => {
  events.destroy();
  sqs.destroy();
  await run.close();
  app.remove();
});

/** What the function was invoked with, once something was that matches. */
async function invokedWith(text: string): Promise<Record<string, unknown>> {
  const found = () => lines.find((line) => line.includes('invoked with ') && line.includes(text));
  await until(`the function is invoked with ${text}`, () => found() !== undefined);
  return JSON.parse((found() ?? '').split('invoked with ')[1] ?? '');
}

const put = (Source: string, DetailType: string, detail: object) =>
  events.send(new PutEventsCommand({ Entries: [{ Source, DetailType, Detail: JSON.stringify(detail) }] }));

test('a function gets the events of its own rule, as the input transformer makes them', async () => {
  await put('shop', 'OrderPlaced', { id: 'o-1' });
  expect(await invokedWith('o-1')).toEqual({ placed: 'o-1', by: expect.stringMatching(/^rule App-OrderPlaced-/) });
});

test('a function gets the messages of a queue', async () => {
  const queue = run.queues.list().find(({ name }) => name.startsWith('App-Orders-'));
  await sqs.send(new SendMessageCommand({ QueueUrl: queue?.url, MessageBody: 'o-2' }));
  expect(await invokedWith('o-2')).toMatchObject({ Records: [{ eventSource: 'aws:sqs', body: 'o-2' }] });
});

test('a change of an alarm goes from a rule to an encrypted topic to its subscribers; the topic of the alarm harms nobody', async () => {
  await put('aws.cloudwatch', 'CloudWatch Alarm State Change', { alarmName: 'errors', state: { value: 'ALARM' } });
  expect(await invokedWith('errors is ALARM')).toMatchObject({
    Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', Sns: { Type: 'Notification', Message: '"errors is ALARM"' } }],
  });
});

test('a topic whose key does not let EventBridge encrypt gets nothing, and the log says so', async () => {
  await put('aws.cloudwatch', 'CloudWatch Alarm State Change', { alarmName: 'latency', state: { value: 'OK' } });
  await invokedWith('latency is OK');
  expect(lines.join('')).toMatch(/AccessDenied: EventBridge may not send to \S+:App-Locked-\S+ .*the policy of the key arn:aws:kms:/);
});
