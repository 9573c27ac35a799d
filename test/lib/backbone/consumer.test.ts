import { beforeAll, describe, expect, test } from '@jest/globals';
import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { ConsumerOptions } from '../../../lib/backbone/consumer.ts';
import { LaneFunction } from '../../../lib/lane-function.ts';
import { dev } from '../fixed-stages.ts';
import { allowedTo, testApp, testBackbone } from '../harness.ts';

/** A stack with a function that consumes, beside the stack of the backbone. */
function consuming(options: ConsumerOptions): Stack {
  const app = testApp();
  const { backbone } = testBackbone(dev, app);
  const stack = new Stack(app, 'Ai', { env: { region: dev.region } });
  const answer = new LaneFunction(stack, 'Answer', {
    entry: 'lambda/backbone/publish.ts',
    description: 'test',
    logRetention: 7,
    timeout: Duration.seconds(20),
  });
  backbone.consume(answer, options);
  return stack;
}

const queue = { 'Fn::GetAtt': [Match.stringLikeRegexp('^AnswerConsumerQueue'), 'Arn'] };
const deadLetters = { 'Fn::GetAtt': [Match.stringLikeRegexp('^AnswerConsumerDeadLettersQueue'), 'Arn'] };

describe('a consumer', () => {
  let template: Template;

  beforeAll(() => {
    template = Template.fromStack(consuming({ channels: ['ai.*', 'orders'] }));
  });

  test('gets the notifications of its channels alone, as they are on the topic', () => {
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'sqs',
      Endpoint: queue,
      RawMessageDelivery: true,
      FilterPolicy: { channel: ['orders', { prefix: 'ai.' }] },
      FilterPolicyScope: Match.absent(),
    });
  });

  test('has one dead-letter queue, for what it fails on five times and for what SNS cannot deliver', () => {
    template.hasResourceProperties('AWS::SQS::Queue', { RedrivePolicy: { deadLetterTargetArn: deadLetters, maxReceiveCount: 5 } });
    template.hasResourceProperties('AWS::SNS::Subscription', { RedrivePolicy: { deadLetterTargetArn: deadLetters } });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^AnswerConsumerDeadLetters'), 'QueueName'] } }],
    });
  });

  test('has time for retries before an event comes again, and an alarm above what all tries of an event take', () => {
    template.hasResourceProperties('AWS::SQS::Queue', { VisibilityTimeout: 120, MessageRetentionPeriod: 345_600 });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ApproximateAgeOfOldestMessage', Threshold: 600 });
  });

  test('is invoked with batches of ten, ten at a time, and reports what has failed', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: queue,
      BatchSize: 10,
      ScalingConfig: { MaximumConcurrency: 10 },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
  });

  test('may take messages from its queue, and nothing more than before', () => {
    expect(allowedTo(template, 'AnswerRole').map((line) => line.replace(/[0-9A-F]{8}(?=[.>])/g, ''))).toEqual([
      'logs:CreateLogStream <AnswerLog.Arn>',
      'logs:PutLogEvents <AnswerLog.Arn>',
      'sqs:DeleteMessage <AnswerConsumerQueue.Arn>',
      'sqs:GetQueueAttributes <AnswerConsumerQueue.Arn>',
      'sqs:ReceiveMessage <AnswerConsumerQueue.Arn>',
    ]);
  });

  test('has a mapping that is created after the right to poll', () => {
    template.hasResource('AWS::Lambda::EventSourceMapping', {
      DependsOn: Match.arrayWith([Match.stringLikeRegexp('^AnswerRoleDefaultPolicy')]),
    });
  });
});

test('a consumer of all channels has no filter', () => {
  const template = Template.fromStack(consuming({ channels: '*' }));
  template.hasResourceProperties('AWS::SNS::Subscription', { FilterPolicy: Match.absent() });
});

test('a consumer takes another batch size and concurrency', () => {
  const template = Template.fromStack(consuming({ channels: 'ai.*', batchSize: 1, maxConcurrency: 50 }));
  template.hasResourceProperties('AWS::Lambda::EventSourceMapping', { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 50 } });
});

test('a channel that is no pattern ends the synth, with its value', () => {
  expect(() => consuming({ channels: 'ai/*' })).toThrow(/"ai\/\*"/);
});

test.each([0, 11, 1.5])('a batch size of %s ends the synth', (batchSize) => {
  expect(() => consuming({ channels: 'ai.*', batchSize })).toThrow(
    `batchSize of a consumer is ${batchSize}: use a whole number from 1 to 10`,
  );
});
