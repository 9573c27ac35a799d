import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { BackboneStack } from '../../../lib/backbone/backbone-stack.ts';
import { EventBackbone } from '../../../lib/backbone/event-backbone.ts';
import { dev, prod } from '../fixed-stages.ts';
import { allowedTo, environmentOf, testApp, testStack } from '../harness.ts';

let devTemplate: Template;
let prodTemplate: Template;

beforeAll(() => {
  const app = testApp();
  const devStack = new BackboneStack(app, 'DevBackbone', { env: { region: dev.region }, stage: dev });
  const prodStack = new BackboneStack(app, 'ProdBackbone', { env: { region: prod.region }, stage: prod });
  devTemplate = Template.fromStack(devStack);
  prodTemplate = Template.fromStack(prodStack);
});

describe('the presence table', () => {
  test('has the keys and the time to live that the contract names, and goes with its stack in every stage', () => {
    for (const template of [devTemplate, prodTemplate]) {
      template.hasResource('AWS::DynamoDB::GlobalTable', {
        DeletionPolicy: 'Delete',
        Properties: {
          KeySchema: [
            { AttributeName: 'channel', KeyType: 'HASH' },
            { AttributeName: 'entry', KeyType: 'RANGE' },
          ],
          TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
          BillingMode: 'PAY_PER_REQUEST',
        },
      });
    }
  });
});

describe('the event log', () => {
  test('allows no more per second than the stage pays for', () => {
    prodTemplate.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      WriteOnDemandThroughputSettings: { MaxWriteRequestUnits: 20_000 },
      Replicas: [Match.objectLike({ ReadOnDemandThroughputSettings: { MaxReadRequestUnits: 20_000 } })],
    });
  });

  test('has the keys and the time to live that the contract names', () => {
    devTemplate.hasResourceProperties('AWS::DynamoDB::GlobalTable', {
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'N' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      BillingMode: 'PAY_PER_REQUEST',
    });
  });

  test('in production outlives its stack, cannot be deleted by accident and can be restored', () => {
    prodTemplate.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'RetainExceptOnCreate',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        Replicas: [
          Match.objectLike({
            DeletionProtectionEnabled: true,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          }),
        ],
      },
    });
  });

  test('in development goes with its stack', () => {
    devTemplate.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Delete',
      Properties: { Replicas: [Match.objectLike({ DeletionProtectionEnabled: false })] },
    });
  });
});

describe('the topic', () => {
  test('is encrypted with a key of its own that is rotated', () => {
    devTemplate.hasResourceProperties('AWS::SNS::Topic', {
      KmsMasterKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^BackboneTopicKey'), 'Arn'] },
    });
    devTemplate.hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true });
  });

  test('accepts no message over an unencrypted connection', () => {
    devTemplate.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({ Effect: 'Deny', Action: 'sns:Publish', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        ]),
      },
    });
  });

  test('has a key that nobody can delegate by a grant, except AWS services for what they encrypt', () => {
    devTemplate.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Effect: 'Deny',
            Action: 'kms:CreateGrant',
            Principal: { AWS: '*' },
            Condition: { BoolIfExists: { 'kms:GrantIsForAWSResource': 'false', 'aws:PrincipalIsAWSService': 'false' } },
          }),
        ]),
      },
    });
  });

  test('keeps its key in production', () => {
    prodTemplate.hasResource('AWS::KMS::Key', { DeletionPolicy: 'RetainExceptOnCreate' });
    devTemplate.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Delete' });
  });
});

describe('the publish function', () => {
  test('is a Node.js 24 function on arm64 that keeps its log as long as the stage says', () => {
    devTemplate.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      LoggingConfig: { LogGroup: { Ref: Match.stringLikeRegexp('^BackbonePublishHandlerLog') } },
    });
    devTemplate.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 7 });
    prodTemplate.hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 365 });
  });

  test('may write the log, notify the topic and write its own log group, and nothing else', () => {
    expect(allowedTo(devTemplate, 'BackbonePublish').map((line) => line.replace(/[0-9A-F]{8}(?=[.>])/g, ''))).toEqual([
      'dynamodb:GetItem <BackboneLogTable.Arn>',
      'dynamodb:PutItem <BackboneLogTable.Arn>',
      'dynamodb:Query <BackboneLogTable.Arn>',
      'dynamodb:UpdateItem <BackboneLogTable.Arn>',
      'kms:Decrypt <BackboneTopicKey.Arn>',
      'kms:GenerateDataKey <BackboneTopicKey.Arn>',
      'logs:CreateLogStream <BackbonePublishHandlerLog.Arn>',
      'logs:PutLogEvents <BackbonePublishHandlerLog.Arn>',
      'sns:Publish <BackboneTopic>',
      'sqs:SendMessage <BackbonePublishDeadLettersQueue.Arn>',
    ]);
  });

  test('gets the table, the topic and the times of the stage', () => {
    expect(environmentOf(prodTemplate, 'BackbonePublishHandlerFunction')).toMatchObject({
      LANES_LOG_TABLE: expect.stringMatching(/^<BackboneLogTable\w+>$/),
      LANES_TOPIC_ARN: expect.stringMatching(/^<BackboneTopic\w+>$/),
      LANES_SETTINGS: JSON.stringify({ channels: [], retentionMs: 72 * 3_600_000, publishTimeoutMs: 2_000 }),
    });
  });

  test('runs on every event of the detail type lanes.publish on the bus of its stage, so that no other stage publishes it too', () => {
    devTemplate.hasResourceProperties('AWS::Events::EventBus', { Name: 'DevBackbone' });
    devTemplate.hasResourceProperties('AWS::Events::Rule', {
      EventBusName: { Ref: Match.stringLikeRegexp('^BackbonePublishBus') },
      EventPattern: { 'detail-type': ['lanes.publish'] },
      Targets: [Match.objectLike({ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^BackbonePublishHandlerFunction'), 'Arn'] } })],
    });
  });

  test.each([true, false])('runs on events of the default bus of the account if the stage says so: %s', (defaultBus) => {
    const stage = { ...dev, backbone: { ...dev.backbone, defaultBus } };
    const stack = new BackboneStack(testApp(), 'Backbone', { env: { region: dev.region }, stage });
    const rule = { EventBusName: Match.absent(), EventPattern: { 'detail-type': ['lanes.publish'] } };
    Template.fromStack(stack).resourcePropertiesCountIs('AWS::Events::Rule', rule, defaultBus ? 1 : 0);
  });

  test('puts events that it fails on, or never gets, into one dead-letter queue', () => {
    const queue = { 'Fn::GetAtt': [Match.stringLikeRegexp('^BackbonePublishDeadLetters'), 'Arn'] };
    devTemplate.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { DestinationConfig: { OnFailure: { Destination: queue } } });
    devTemplate.hasResourceProperties('AWS::Events::Rule', { Targets: [Match.objectLike({ DeadLetterConfig: { Arn: queue } })] });
  });

  test('raises an alarm with the first message in its dead-letter queue', () => {
    devTemplate.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^BackbonePublishDeadLetters'), 'QueueName'] } }],
      ComparisonOperator: 'GreaterThanThreshold',
      Threshold: 0,
    });
  });
});

test('the backbone alone needs no lane', () => {
  const stack = testStack();
  new EventBackbone(stack, 'Backbone', {
    settings: dev.backbone,
    logRetention: 7,
    production: false,
  });
  const template = Template.fromStack(stack);
  template.resourceCountIs('AWS::SNS::Subscription', 0);
  template.resourceCountIs('AWS::Lambda::Function', 1);
});

test('the stack answers with what a publisher and an operator need', () => {
  expect(Object.keys(devTemplate.findOutputs('*')).filter((name) => !name.startsWith('ExportsOutput'))).toEqual([
    'TokenIssuer',
    'PublishFunctionName',
    'EventBusName',
    'TopicArn',
    'LogTableName',
  ]);
});
