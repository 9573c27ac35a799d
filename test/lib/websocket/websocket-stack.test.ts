import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { Stage } from '../../../lib/stage.ts';
import { WebSocketStack } from '../../../lib/websocket/websocket-stack.ts';
import { dev, prod } from '../fixed-stages.ts';
import { allowances, allowedTo, environmentOf, flatten, laneProps, settingsOf } from '../harness.ts';
import { logicalIds } from '../logical-ids.ts';

let devTemplate: Template;
let prodTemplate: Template;

function synthesize(stage: Stage): Template {
  const { app, ...props } = laneProps(stage, stage.websocket);
  return Template.fromStack(new WebSocketStack(app, 'Websocket', props));
}

/** Shortens the names of resources, and leaves out the log groups, which every function has. */
const readable = (lines: readonly string[]) =>
  lines
    .filter((line) => !line.startsWith('logs:'))
    .map((line) =>
      line
        .replace(/<Backbone:PublishOutput(FnGetAtt|Ref)([A-Za-z]+?)[0-9A-F]{8}(Arn)?[0-9A-F]{8}>/, '<$2>')
        .replace(/[0-9A-F]{8}(?=[.>])/g, ''),
    );

beforeAll(() => {
  devTemplate = synthesize(dev);
  prodTemplate = synthesize(prod);
});

test('no table takes more in a second than the stage pays for, and no index less', () => {
  prodTemplate.resourceCountIs('AWS::DynamoDB::GlobalTable', 3);
  prodTemplate.allResourcesProperties('AWS::DynamoDB::GlobalTable', {
    WriteOnDemandThroughputSettings: { MaxWriteRequestUnits: 10_000 },
    Replicas: [Match.objectLike({ ReadOnDemandThroughputSettings: { MaxReadRequestUnits: 10_000 } })],
  });
  prodTemplate.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
    GlobalSecondaryIndexes: [
      Match.objectLike({ IndexName: 'byExpiry', WriteOnDemandThroughputSettings: { MaxWriteRequestUnits: 10_000 } }),
    ],
  });
});

describe('who may do what', () => {
  test('names a resource wherever AWS knows one', () => {
    const onEverything = allowances(prodTemplate).filter(({ resources }) => resources.includes('*'));
    // CodeDeploy watches alarms, and AWS knows no resource for that.
    expect([...new Set(onEverything.flatMap(({ actions }) => actions))]).toEqual(['cloudwatch:DescribeAlarms']);
  });

  test('only who answers, delivers or ends may post to connections, only who ends them end, and only the sweep inspect them, on this stage', () => {
    const posting = allowances(prodTemplate).filter(({ actions }) => actions.some((action) => action.startsWith('execute-api:')));
    expect(posting.map(({ role, ...rest }) => ({ role: role.replace(/Role\w+$/, ''), ...rest }))).toEqual(
      [
        { role: 'Frame', methods: ['DELETE', 'POST'] },
        { role: 'FanOutHandler', methods: ['POST'] },
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

  test('who ends the connections of expired tokens finds them by the index, and may do nothing else to the tables than remove rows', () => {
    expect(readable(allowedTo(devTemplate, 'ExpiryHandler')).filter((line) => line.startsWith('dynamodb:'))).toEqual([
      'dynamodb:BatchWriteItem <TablesSubscriptions.Arn>',
      'dynamodb:DeleteItem <TablesConnections.Arn>',
      'dynamodb:Query <TablesConnections.Arn>/index/byExpiry',
      'dynamodb:UpdateItem <TablesPrincipals.Arn>',
    ]);
  });

  test('$disconnect deletes the connection and its subscriptions, counts it out, and nothing else', () => {
    expect(readable(allowedTo(devTemplate, 'Disconnect'))).toEqual([
      'dynamodb:BatchWriteItem <TablesSubscriptions.Arn>',
      'dynamodb:DeleteItem <TablesConnections.Arn>',
      'dynamodb:UpdateItem <TablesPrincipals.Arn>',
    ]);
  });

  test('frames change subscriptions, read and write the log, notify, and answer', () => {
    expect(readable(allowedTo(devTemplate, 'Frame'))).toEqual([
      'dynamodb:BatchWriteItem <TablesSubscriptions.Arn>',
      'dynamodb:DeleteItem <TablesConnections.Arn>',
      'dynamodb:DeleteItem <TablesSubscriptions.Arn>',
      'dynamodb:GetItem <BackboneLogTable>',
      'dynamodb:GetItem <TablesConnections.Arn>',
      'dynamodb:GetItem <TablesPrincipals.Arn>',
      'dynamodb:PutItem <BackboneLogTable>',
      'dynamodb:PutItem <TablesSubscriptions.Arn>',
      'dynamodb:Query <BackboneLogTable>',
      'dynamodb:UpdateItem <BackboneLogTable>',
      'dynamodb:UpdateItem <TablesConnections.Arn>',
      'dynamodb:UpdateItem <TablesPrincipals.Arn>',
      expect.stringMatching(/^execute-api:.*DELETE/),
      expect.stringMatching(/^execute-api:.*POST/),
      'kms:Decrypt <BackboneTopicKey>',
      'kms:GenerateDataKey <BackboneTopicKey>',
      'sns:Publish <BackboneTopic>',
      'sqs:SendMessage <ReplaysQueue.Arn>',
    ]);
  });

  test('turns of replays read the log, note how far they have come, post, and take turns', () => {
    expect(readable(allowedTo(devTemplate, 'ReplaysHandler')).filter((line) => !line.startsWith('execute-api:'))).toEqual([
      'dynamodb:BatchWriteItem <TablesSubscriptions.Arn>',
      'dynamodb:DeleteItem <TablesConnections.Arn>',
      'dynamodb:GetItem <BackboneLogTable>',
      'dynamodb:GetItem <TablesConnections.Arn>',
      'dynamodb:PutItem <BackboneLogTable>',
      'dynamodb:Query <BackboneLogTable>',
      'dynamodb:UpdateItem <TablesPrincipals.Arn>',
      ...['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage', 'SendMessage'].map((action) => `sqs:${action} <ReplaysQueue.Arn>`),
    ]);
  });

  test('the fan-out reads subscribers, forgets dead ones, posts, and sends to its own queues', () => {
    const sqs = (action: string, queue: string) => `sqs:${action} <FanOut${queue}.Arn>`;
    expect(readable(allowedTo(devTemplate, 'FanOutHandler')).filter((line) => !line.startsWith('execute-api:'))).toEqual([
      'dynamodb:BatchWriteItem <TablesSubscriptions.Arn>',
      'dynamodb:DeleteItem <TablesConnections.Arn>',
      'dynamodb:DeleteItem <TablesSubscriptions.Arn>',
      'dynamodb:Query <TablesSubscriptions.Arn>',
      'dynamodb:UpdateItem <TablesPrincipals.Arn>',
      ...['DeleteMessage', 'GetQueueAttributes', 'ReceiveMessage'].flatMap((action) => [sqs(action, 'Deliveries'), sqs(action, 'Events')]),
      sqs('SendMessage', 'DeadLettersQueue'),
      sqs('SendMessage', 'Deliveries'),
    ]);
  });
});

describe('the sweep', () => {
  test('reads connections, remembers where it stopped, deletes closed ones and their subscriptions, and nothing else', () => {
    const lines = readable(allowedTo(devTemplate, 'SweepHandler')).filter((line) => !/^execute-api:|DeadLetters/.test(line));
    expect(lines).toEqual([
      'dynamodb:BatchWriteItem <TablesSubscriptions.Arn>',
      'dynamodb:DeleteItem <TablesConnections.Arn>',
      'dynamodb:GetItem <TablesConnections.Arn>',
      'dynamodb:PutItem <TablesConnections.Arn>',
      'dynamodb:Scan <TablesConnections.Arn>',
      'dynamodb:UpdateItem <TablesPrincipals.Arn>',
    ]);
    const [writing] = allowances(devTemplate).filter(
      ({ role, actions }) => role.startsWith('Sweep') && actions.includes('dynamodb:PutItem'),
    );
    expect(writing?.condition).toEqual({ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['#sweep'] } });
  });

  test('runs at the interval of the stage, and looks at as many connections as it says', () => {
    prodTemplate.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(10 minutes)' });
    expect(environmentOf(prodTemplate, 'SweepHandlerFunction')).toMatchObject({
      LANES_CONNECTIONS_TABLE: expect.any(String),
      LANES_SUBSCRIPTIONS_TABLE: expect.any(String),
      AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: expect.any(String),
    });
    expect(settingsOf(prodTemplate, 'SweepHandlerFunction')).toEqual({ maxConnections: 1_000, connectionTtlMinutes: 130 });
  });
});

describe('the API', () => {
  test('has the three routes of API Gateway and none by action', () => {
    const routes = Object.values(devTemplate.findResources('AWS::ApiGatewayV2::Route')).map(({ Properties }) => Properties.RouteKey);
    expect(routes.sort()).toEqual(['$connect', '$default', '$disconnect']);
  });

  test('deploys its stage by itself, under the name of the stage, with its limits', () => {
    prodTemplate.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: 'prod',
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 2_500, ThrottlingBurstLimit: 2_500, DetailedMetricsEnabled: true },
    });
    devTemplate.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      StageName: 'dev',
      DefaultRouteSettings: { ThrottlingRateLimit: 500, ThrottlingBurstLimit: 500 },
    });
  });

  test('logs accesses as JSON with a request id, without headers, query strings or frames, which may hold tokens', () => {
    const [stage] = Object.values(devTemplate.findResources('AWS::ApiGatewayV2::Stage'));
    const format = JSON.parse(stage?.['Properties'].AccessLogSettings.Format);
    expect(Object.values(format).sort()).toEqual([
      '$context.connectionId',
      '$context.error.message',
      '$context.eventType',
      '$context.identity.sourceIp',
      '$context.integrationErrorMessage',
      '$context.integrationStatus',
      '$context.requestId',
      '$context.requestTime',
      '$context.routeKey',
      '$context.status',
    ]);
    expect(stage?.['Properties'].DefaultRouteSettings.DataTraceEnabled).toBeFalsy();
  });

  test('deploys its stage after its routes, so that the first deployment has them all', () => {
    const [stage] = Object.values(devTemplate.findResources('AWS::ApiGatewayV2::Stage'));
    expect(stage?.['DependsOn']).toEqual(expect.arrayContaining(Object.keys(devTemplate.findResources('AWS::ApiGatewayV2::Route'))));
  });

  test('waits for the role with which API Gateway may write logs at all, which outlives the stack', () => {
    const [account = ''] = Object.keys(devTemplate.findResources('AWS::ApiGateway::Account'));
    devTemplate.hasResource('AWS::ApiGatewayV2::Stage', { DependsOn: Match.arrayWith([account]) });
    devTemplate.hasResource('AWS::ApiGateway::Account', { DeletionPolicy: 'Retain' });
    devTemplate.hasResource('AWS::IAM::Role', {
      DeletionPolicy: 'Retain',
      Properties: { AssumeRolePolicyDocument: { Statement: [{ Principal: { Service: 'apigateway.amazonaws.com' } }] } },
    });
  });

  test('may invoke each function for its own route only', () => {
    const permissions = Object.values(devTemplate.findResources('AWS::Lambda::Permission')).map(
      ({ Properties }) => `${flatten(Properties.FunctionName).replace(/Function\w+\.Arn/, '')} ${flatten(Properties.SourceArn)}`,
    );
    const ofTheApi = permissions.filter((line) => line.includes('execute-api')).map((line) => line.replace(/<Api\w+>/, '<Api>'));
    expect(ofTheApi.sort()).toEqual([
      `<Connect> arn:aws:execute-api:${dev.region}:<AWS::AccountId>:<Api>/*$connect`,
      `<Disconnect> arn:aws:execute-api:${dev.region}:<AWS::AccountId>:<Api>/*$disconnect`,
      `<Frame> arn:aws:execute-api:${dev.region}:<AWS::AccountId>:<Api>/*$default`,
    ]);
  });
});

describe('the tables', () => {
  test('have the keys that the contract names', () => {
    devTemplate.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [{ AttributeName: 'connectionId', KeyType: 'HASH' }],
    });
    devTemplate.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [
        { AttributeName: 'channel', KeyType: 'HASH' },
        { AttributeName: 'connectionId', KeyType: 'RANGE' },
      ],
    });
  });

  test('let rows expire, and go with the stack: a row without its connection is worthless', () => {
    prodTemplate.allResourcesProperties('AWS::DynamoDB::GlobalTable', {
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      BillingMode: 'PAY_PER_REQUEST',
    });
    prodTemplate.allResources('AWS::DynamoDB::GlobalTable', { DeletionPolicy: 'Delete' });
  });
});

describe('the fan-out', () => {
  test('gets the events as they were published', () => {
    devTemplate.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'sqs', RawMessageDelivery: true });
  });

  test('lets only the topic write into the queue of events', () => {
    devTemplate.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Allow',
            Action: 'sqs:SendMessage',
            Principal: { Service: 'sns.amazonaws.com' },
            Condition: { ArnEquals: { 'aws:SourceArn': Match.anyValue() } },
          }),
        ]),
      },
    });
  });

  test('answers for each message of a batch, without waiting for a fuller one, within its share of invocations', () => {
    const mappings = Object.entries(prodTemplate.findResources('AWS::Lambda::EventSourceMapping')).filter(([id]) =>
      id.startsWith('FanOut'),
    );
    expect(mappings.map(([, { Properties }]) => Properties)).toEqual(
      Array.from({ length: 2 }, () =>
        expect.objectContaining({
          BatchSize: 10,
          MaximumBatchingWindowInSeconds: 0,
          FunctionResponseTypes: ['ReportBatchItemFailures'],
          ScalingConfig: { MaximumConcurrency: 50 },
        }),
      ),
    );
  });

  test('hides a message for six times as long as an invocation may run, and puts it aside after five tries', () => {
    for (const queue of ['FanOutEvents', 'FanOutDeliveries']) {
      expect(queueNamed(prodTemplate, queue)).toMatchObject({ VisibilityTimeout: 360, RedrivePolicy: { maxReceiveCount: 5 } });
    }
  });

  test('encrypts every queue and takes nothing in the clear', () => {
    devTemplate.allResourcesProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
    devTemplate.allResourcesProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]),
      },
    });
    const queues = Object.keys(devTemplate.findResources('AWS::SQS::Queue')).length;
    devTemplate.resourceCountIs('AWS::SQS::QueuePolicy', queues);
  });

  test('keeps what it could not deliver for 14 days, and raises an alarm', () => {
    expect(queueNamed(devTemplate, 'FanOutDeadLetters')).toMatchObject({ MessageRetentionPeriod: 14 * 86_400 });
    devTemplate.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^FanOutDeadLetters'), 'QueueName'] } }],
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
    });
  });
});

describe('replays', () => {
  test('take turns one by one, within their share of invocations, and reserve none', () => {
    prodTemplate.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ReplaysQueue'), 'Arn'] },
      BatchSize: 1,
      MaximumBatchingWindowInSeconds: 0,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 10 },
    });
    const [fn] = Object.entries(prodTemplate.findResources('AWS::Lambda::Function')).filter(([id]) => id.startsWith('ReplaysHandler'));
    expect(fn?.[1]['Properties']).not.toHaveProperty('ReservedConcurrentExecutions');
  });

  test('hide a message for six times as long as a turn may run, and put it aside after three tries', () => {
    expect(queueNamed(prodTemplate, 'ReplaysQueue')).toMatchObject({ VisibilityTimeout: 180, RedrivePolicy: { maxReceiveCount: 3 } });
    const [fn] = Object.entries(prodTemplate.findResources('AWS::Lambda::Function')).filter(([id]) => id.startsWith('ReplaysHandler'));
    expect(fn?.[1]['Properties'].Timeout).toBe(30);
  });

  test.each(['ReplaysDeadLetters', 'ReplaysQueue'])('%s raises an alarm', (queue) => {
    devTemplate.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [Match.stringLikeRegexp(`^${queue}`), 'QueueName'] } }],
    });
  });
});

describe('environment', () => {
  const endpoint = expect.stringMatching(`^https://<Api\\w+>\\.execute-api\\.${dev.region}\\.<AWS::URLSuffix>/dev$`);
  const tables = {
    LANES_CONNECTIONS_TABLE: expect.stringMatching(/^<TablesConnections\w+>$/),
    LANES_SUBSCRIPTIONS_TABLE: expect.stringMatching(/^<TablesSubscriptions\w+>$/),
  };

  test.each(['ConnectFunction', 'DisconnectFunction'])('%s knows the tables, and no endpoint', (name) => {
    const environment = environmentOf(devTemplate, name);
    expect(environment).toMatchObject(tables);
    expect(environment).not.toHaveProperty('AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI');
  });

  test('the frame function knows the tables, the log, the topic and where to answer', () => {
    expect(environmentOf(devTemplate, 'FrameFunction')).toMatchObject({
      ...tables,
      LANES_LOG_TABLE: expect.any(String),
      LANES_TOPIC_ARN: expect.any(String),
      LANES_REPLAY_QUEUE_URL: expect.stringMatching(/^<ReplaysQueue\w+>$/),
      AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: endpoint,
    });
  });

  test('each function gets the settings that it uses', () => {
    const stored = { connectionTtlMinutes: 130 };
    const read = { retentionMs: 72 * 3_600_000, gapGraceMs: 5_000 };
    const settings = {
      ConnectFunction: { ...stored, queryToken: false, origins: [], maxConnectionsPerPrincipal: 50, maxAnswersPerSecond: 50 },
      DisconnectFunction: stored,
      FrameFunction: {
        ...stored,
        ...read,
        publishTimeoutMs: 2_000,
        maxPublishesPerSecond: 10,
        maxAnswersPerSecond: 50,
        maxReplaysPerPrincipal: 8,
      },
      ReplaysHandlerFunction: { ...stored, ...read, maxReplaysPerPrincipal: 8, postsPerSecondPerPrincipal: 100 },
      FanOutHandlerFunction: { ...stored, postConcurrency: 256 },
      ExpiryHandlerFunction: stored,
    };
    expect(Object.fromEntries(Object.keys(settings).map((name) => [name, settingsOf(prodTemplate, name)]))).toEqual(settings);
  });

  test('the fan-out function knows the tables, its queues, its limit and where to post', () => {
    expect(environmentOf(devTemplate, 'FanOutHandlerFunction')).toMatchObject({
      ...tables,
      LANES_DELIVERY_QUEUE_URL: expect.stringMatching(/^<FanOutDeliveries\w+>$/),
      LANES_DEAD_LETTER_QUEUE_URL: expect.stringMatching(/^<FanOutDeadLetters\w+>$/),
      AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: endpoint,
    });
  });
});

test('the stack answers with the URL of the lane', () => {
  devTemplate.hasOutput('WebSocketUrl', {
    Value: {
      'Fn::Join': [
        '',
        ['wss://', { Ref: Match.stringLikeRegexp('^Api') }, `.execute-api.${dev.region}.`, { Ref: 'AWS::URLSuffix' }, '/dev'],
      ],
    },
  });
});

function queueNamed(template: Template, prefix: string): unknown {
  const [queue] = Object.entries(template.findResources('AWS::SQS::Queue')).filter(([id]) => id.startsWith(prefix));
  return queue?.[1]['Properties'];
}

test.each(['queue-age'])('there is an alarm for %s', (runbook) => {
  prodTemplate.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmDescription: Match.stringLikeRegexp(`#${runbook}$`) });
});

test('production has the logical ids that it had', () => {
  expect(logicalIds(prodTemplate)).toMatchSnapshot();
});
