import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { dev, prod } from '../fixed-stages.ts';
import { allowances, allowedTo, environmentOf, flatten, settingsOf } from '../harness.ts';
import { logicalIds } from '../logical-ids.ts';
import { readable, synthesize } from './synthesize.ts';

let devTemplate: Template;
let prodTemplate: Template;

beforeAll(() => {
  devTemplate = synthesize(dev);
  prodTemplate = synthesize(prod);
});

test('no table allows more per second than the stage pays for, and no index less', () => {
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

describe('the sweep', () => {
  test('reads connections, remembers where it stopped, deletes closed ones and their subscriptions, tells that they have left, and nothing else', () => {
    const lines = readable(allowedTo(devTemplate, 'SweepHandler')).filter((line) => !/^execute-api:|DeadLetters/.test(line));
    expect(lines).toEqual([
      'dynamodb:BatchWriteItem <BackbonePresenceTable>',
      'dynamodb:BatchWriteItem <TablesSubscriptions.Arn>',
      'dynamodb:DeleteItem <TablesConnections.Arn>',
      'dynamodb:GetItem <TablesConnections.Arn>',
      'dynamodb:PutItem <TablesConnections.Arn>',
      'dynamodb:Scan <TablesConnections.Arn>',
      'dynamodb:UpdateItem <TablesPrincipals.Arn>',
      'kms:Decrypt <BackboneTopicKey>',
      'kms:GenerateDataKey <BackboneTopicKey>',
      'sns:Publish <BackboneTopic>',
    ]);
    const [writing] = allowances(devTemplate).filter(
      ({ role, actions }) => role.startsWith('Sweep') && actions.includes('dynamodb:PutItem'),
    );
    expect(writing?.condition).toEqual({ 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': ['#sweep'] } });
  });

  test('runs at the interval of the stage, and examines as many connections as it sets', () => {
    prodTemplate.hasResourceProperties('AWS::Events::Rule', { ScheduleExpression: 'rate(10 minutes)' });
    expect(environmentOf(prodTemplate, 'SweepHandlerFunction')).toMatchObject({
      LANES_CONNECTIONS_TABLE: expect.any(String),
      LANES_SUBSCRIPTIONS_TABLE: expect.any(String),
      AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI: expect.any(String),
    });
    expect(settingsOf(prodTemplate, 'SweepHandlerFunction')).toEqual({
      maxConnections: 1_000,
      connectionTtlMinutes: 130,
      publishTimeoutMs: 2_000,
    });
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

  test('logs accesses as JSON with a request id, without headers, query strings or frames, which may contain tokens', () => {
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

  test('leaves the role alone where the account has one: whoever sets it last would win', () => {
    const template = synthesize({ ...dev, websocket: { ...dev.websocket, setsAccountLogRole: false } });
    template.resourceCountIs('AWS::ApiGateway::Account', 0);
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', { AccessLogSettings: Match.anyValue() });
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

  test('let rows expire, and are deleted with the stack: a row without its connection is worthless', () => {
    prodTemplate.allResourcesProperties('AWS::DynamoDB::GlobalTable', {
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      BillingMode: 'PAY_PER_REQUEST',
    });
    prodTemplate.allResources('AWS::DynamoDB::GlobalTable', { DeletionPolicy: 'Delete' });
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
    // Whoever closes connections tells that they have left.
    const closes = { ...stored, publishTimeoutMs: 2_000 };
    const read = { channels: [], retentionMs: 72 * 3_600_000, gapGraceMs: 5_000 };
    const settings = {
      ConnectFunction: { ...stored, queryToken: false, origins: [], maxConnectionsPerPrincipal: 50, maxResponsesPerSecond: 50 },
      DisconnectFunction: closes,
      FrameFunction: {
        ...closes,
        ...read,
        maxPublishesPerSecond: 10,
        maxResponsesPerSecond: 50,
        maxReplaysPerPrincipal: 8,
      },
      ReplaysHandlerFunction: { ...closes, ...read, maxReplaysPerPrincipal: 8, postsPerSecondPerPrincipal: 100 },
      FanOutHandlerFunction: { ...closes, postConcurrency: 256 },
      PresenceHandlerFunction: closes,
      ExpiryHandlerFunction: closes,
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

test('the stack outputs the URL of the lane', () => {
  devTemplate.hasOutput('WebSocketUrl', {
    Value: {
      'Fn::Join': [
        '',
        ['wss://', { Ref: Match.stringLikeRegexp('^Api') }, `.execute-api.${dev.region}.`, { Ref: 'AWS::URLSuffix' }, '/dev'],
      ],
    },
  });
});

test.each(['queue-age'])('there is an alarm for %s', (runbook) => {
  prodTemplate.hasResourceProperties('AWS::CloudWatch::Alarm', { AlarmDescription: Match.stringLikeRegexp(`#${runbook}$`) });
});

test('production has the logical ids that it had', () => {
  expect(logicalIds(prodTemplate)).toMatchSnapshot();
});
