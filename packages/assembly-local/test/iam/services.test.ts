import { BatchGetItemCommand, DynamoDBClient, GetItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { DescribeTasksCommand, ECSClient, ListTasksCommand } from '@aws-sdk/client-ecs';
import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { CreateTopicCommand, PublishCommand, SNSClient, UnsubscribeCommand } from '@aws-sdk/client-sns';
import { CreateQueueCommand, ListQueuesCommand, SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Resource } from '../../assembly/resolve.ts';
import { balancerOperations } from '../../balancer/operations.ts';
import { balancerPermissions } from '../../balancer/permissions.ts';
import { DynamoDb } from '../../endpoint/dynamodb.ts';
import { dynamoDbPermissions } from '../../endpoint/dynamodb-permissions.ts';
import { EventBuses } from '../../events/event-buses.ts';
import { eventOperations } from '../../events/operations.ts';
import { eventPermissions } from '../../events/permissions.ts';
import { Functions } from '../../functions/functions.ts';
import { Access } from '../../iam/access.ts';
import type { Permissions } from '../../iam/permission.ts';
import { Roles } from '../../iam/roles.ts';
import { CREDENTIALS_PATH, type Session, Sessions } from '../../iam/sessions.ts';
import { queueOperations } from '../../queues/operations.ts';
import { queuePermissions } from '../../queues/permissions.ts';
import { Queues } from '../../queues/queues.ts';
import { taskOperations } from '../../tasks/operations.ts';
import { taskPermissions } from '../../tasks/permissions.ts';
import { topicOperations } from '../../topics/operations.ts';
import { topicPermissions } from '../../topics/permissions.ts';
import { Topics } from '../../topics/topics.ts';
import { startEndpoint, type TestEndpoint } from '../support/endpoint.ts';
import { testLog } from '../support/log.ts';

const region = 'us-east-1';
const account = '000000000000';
const arn = (service: string, rest: string) => `arn:aws:${service}:${region}:${account}:${rest}`;
const TOPIC = arn('sns', 'events');
const KEY = arn('kms', 'key/k');

const TABLE: Resource = {
  type: 'AWS::DynamoDB::Table',
  stack: 'App',
  logicalId: 'Log',
  region,
  ref: 'log',
  name: 'log',
  attributes: {},
  properties: {
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
  },
};

let endpoint: TestEndpoint;
let session: Session;
let closers: (() => void | Promise<void>)[];
let tables: Readonly<Record<string, { readonly operations: object; readonly permissions: Permissions }>>;

beforeAll(async () => {
  endpoint = await startEndpoint();
  const { log } = testLog();
  const sessions = new Sessions();
  session = sessions.open({ id: 'App/Role', arn: `arn:aws:iam::${account}:role/r`, name: 'r', statements: [] }, 's');
  const access = new Access({ roles: new Roles([]), sessions, policyOf: () => [], log });
  const queues = new Queues({ region, account, endpoint: endpoint.url });
  const topics = new Topics({ queues, faults: {}, log });
  topics.create(TOPIC);
  const functions = new Functions({ functions: [], asyncSettings: new Map(), queues, log });
  const buses = new EventBuses({ resources: [], region, functions, queues, log });
  const dynamodb = new DynamoDb({});
  tables = {
    AmazonSQS: { operations: queueOperations(queues), permissions: queuePermissions(region) },
    AmazonEC2ContainerServiceV20141113: { operations: taskOperations([]), permissions: taskPermissions([]) },
    AWSEvents: { operations: eventOperations(buses), permissions: eventPermissions(region) },
    SNS: { operations: topicOperations({ topics, region, account }), permissions: topicPermissions(region, () => KEY) },
    ELBv2: { operations: balancerOperations(new Map()), permissions: balancerPermissions },
  };
  endpoint.serve({
    access,
    sessions,
    permissions: {
      ...Object.fromEntries(Object.entries(tables).map(([target, { permissions }]) => [target, permissions])),
      DynamoDB_20120810: dynamoDbPermissions([TABLE], region),
    },
    json: { AmazonSQS: queueOperations(queues), AmazonEC2ContainerServiceV20141113: taskOperations([]), AWSEvents: eventOperations(buses) },
    sns: topicOperations({ topics, region, account }),
    loadBalancing: balancerOperations(new Map()),
    dynamodb: dynamodb.handle,
  });
  await dynamodb.createTables([TABLE], endpoint.url);
  closers = [() => queues.close(), () => buses.close(), () => functions.close(), () => endpoint.close()];
});

afterAll(async () => {
  for (const close of closers) await close();
});

test('every emulated operation declares the permissions that it needs', () => {
  for (const { operations, permissions } of Object.values(tables)) {
    expect(Object.keys(permissions).sort()).toEqual(Object.keys(operations).sort());
  }
});

/** A client that signs as the role. */
function as<C>(Client: new (config: TestEndpoint['client']) => C): C {
  const { accessKeyId, secretAccessKey, sessionToken } = session;
  return new Client({
    ...endpoint.client,
    credentials: { accessKeyId, secretAccessKey, sessionToken } as TestEndpoint['client']['credentials'],
  });
}

const queueUrl = () => `${endpoint.url}/${account}/jobs`;
const message = { Id: '1', MessageBody: 'x' };
const cluster = arn('ecs', 'cluster/c');
const key = { pk: { S: 'x' } };

describe('a role without permissions is denied with the error of the service', () => {
  const refusal = (action: string, on: string) =>
    `User: arn:aws:sts::${account}:assumed-role/r/s is not authorized to perform: ${action}${on} because no identity-based policy allows the ${action} action`;
  const dynamo = () => as(DynamoDBClient);
  test.each([
    [
      'GetItem',
      () => dynamo().send(new GetItemCommand({ TableName: 'log', Key: key })),
      'AccessDeniedException',
      'dynamodb:GetItem',
      arn('dynamodb', 'table/log'),
    ],
    [
      'Query of an index',
      () =>
        dynamo().send(
          new QueryCommand({
            TableName: 'log',
            IndexName: 'i',
            KeyConditionExpression: 'pk = :v',
            ExpressionAttributeValues: { ':v': { S: 'x' } },
          }),
        ),
      'AccessDeniedException',
      'dynamodb:Query',
      arn('dynamodb', 'table/log/index/i'),
    ],
    [
      'BatchGetItem',
      () => dynamo().send(new BatchGetItemCommand({ RequestItems: { log: { Keys: [key] } } })),
      'AccessDeniedException',
      'dynamodb:BatchGetItem',
      arn('dynamodb', 'table/log'),
    ],
    [
      'SendMessage',
      () => as(SQSClient).send(new SendMessageCommand({ QueueUrl: queueUrl(), MessageBody: 'x' })),
      'AccessDenied',
      'sqs:sendmessage',
      arn('sqs', 'jobs'),
    ],
    [
      'SendMessageBatch',
      () => as(SQSClient).send(new SendMessageBatchCommand({ QueueUrl: queueUrl(), Entries: [message] })),
      'AccessDenied',
      'sqs:sendmessage',
      arn('sqs', 'jobs'),
    ],
    ['ListQueues', () => as(SQSClient).send(new ListQueuesCommand({})), 'AccessDenied', 'sqs:listqueues', '*'],
    [
      'Publish',
      () => as(SNSClient).send(new PublishCommand({ TopicArn: TOPIC, Message: 'x' })),
      'AuthorizationErrorException',
      'SNS:Publish',
      TOPIC,
    ],
    [
      'CreateTopic',
      () => as(SNSClient).send(new CreateTopicCommand({ Name: 'new' })),
      'AuthorizationErrorException',
      'SNS:CreateTopic',
      arn('sns', 'new'),
    ],
    [
      'Unsubscribe',
      () => as(SNSClient).send(new UnsubscribeCommand({ SubscriptionArn: `${TOPIC}:id` })),
      'AuthorizationErrorException',
      'SNS:Unsubscribe',
      TOPIC,
    ],
    ['ListTasks', () => as(ECSClient).send(new ListTasksCommand({ cluster })), 'AccessDeniedException', 'ecs:ListTasks', '*'],
    [
      'DescribeTasks',
      () => as(ECSClient).send(new DescribeTasksCommand({ cluster, tasks: [arn('ecs', 'task/c/1')] })),
      'AccessDeniedException',
      'ecs:DescribeTasks',
      arn('ecs', 'task/c/1'),
    ],
    [
      'PutEvents',
      () => as(EventBridgeClient).send(new PutEventsCommand({ Entries: [{ Source: 's', DetailType: 't', Detail: '{}' }] })),
      'AccessDeniedException',
      'events:PutEvents',
      arn('events', 'event-bus/default'),
    ],
    [
      'PutEvents on a bus of its own',
      () =>
        as(EventBridgeClient).send(
          new PutEventsCommand({ Entries: [{ Source: 's', DetailType: 't', Detail: '{}', EventBusName: 'orders' }] }),
        ),
      'AccessDeniedException',
      'events:PutEvents',
      arn('events', 'event-bus/orders'),
    ],
  ])('%s', async (_, send, name, action, resource) => {
    await expect(send()).rejects.toMatchObject({ name, message: refusal(action, ` on resource: ${resource}`) });
  });

  test('DescribeTargetHealth, which has no resource', async () => {
    const send = as(ElasticLoadBalancingV2Client).send(new DescribeTargetHealthCommand({ TargetGroupArn: 'g' }));
    await expect(send).rejects.toMatchObject({ name: 'AccessDenied', message: refusal('elasticloadbalancing:DescribeTargetHealth', '') });
  });
});

test('a request signed with an unknown key is from the administrator', async () => {
  const { QueueUrl } = await new SQSClient(endpoint.client).send(new CreateQueueCommand({ QueueName: 'of-the-administrator' }));
  expect(QueueUrl).toContain('of-the-administrator');
});

test('a container finds the credentials of its role, and nobody else’s', async () => {
  const answer = await fetch(`${endpoint.url}${CREDENTIALS_PATH}${session.accessKeyId}`);
  expect(await answer.json()).toMatchObject({ AccessKeyId: session.accessKeyId, Token: session.sessionToken, RoleArn: session.role.arn });
  expect((await fetch(`${endpoint.url}${CREDENTIALS_PATH}guessed`)).status).toBe(404);
});
