import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { dev, prod } from '../fixed-stages.ts';
import { synthesize } from './synthesize.ts';

let devTemplate: Template;
let prodTemplate: Template;

beforeAll(() => {
  devTemplate = synthesize(dev);
  prodTemplate = synthesize(prod);
});

function queueNamed(template: Template, prefix: string): unknown {
  const [queue] = Object.entries(template.findResources('AWS::SQS::Queue')).filter(([id]) => id.startsWith(prefix));
  return queue?.[1]['Properties'];
}

describe('the fan-out', () => {
  test('gets the events as they were published', () => {
    devTemplate.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'sqs', RawMessageDelivery: true });
  });

  test('allows only the topic to write into the queue of events', () => {
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

  test('hides a message for six times as long as an invocation may run, and moves it to the dead-letter queue after five attempts', () => {
    for (const queue of ['FanOutEvents', 'FanOutDeliveries']) {
      expect(queueNamed(prodTemplate, queue)).toMatchObject({ VisibilityTimeout: 360, RedrivePolicy: { maxReceiveCount: 5 } });
    }
  });

  test('encrypts every queue and accepts nothing unencrypted', () => {
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

  test('hide a message for six times as long as a turn may run, and move it to the dead-letter queue after three attempts', () => {
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

describe('changes of presence', () => {
  test('come to a queue of their own, and nothing else does', () => {
    const subscriptions = Object.values(devTemplate.findResources('AWS::SNS::Subscription'));
    const filtered = subscriptions.filter(({ Properties }) => Properties.FilterPolicy !== undefined);
    expect(filtered.map(({ Properties }) => Properties)).toEqual([
      expect.objectContaining({
        Endpoint: { 'Fn::GetAtt': [expect.stringMatching(/^PresenceQueue/), 'Arn'] },
        RawMessageDelivery: true,
        FilterPolicy: { kind: ['presence'] },
      }),
    ]);
  });

  test('wait for others, so that many of them make few frames', () => {
    const mappings = Object.entries(prodTemplate.findResources('AWS::Lambda::EventSourceMapping')).filter(([id]) =>
      id.startsWith('Presence'),
    );
    expect(mappings.map(([, { Properties }]) => Properties)).toEqual([
      expect.objectContaining({
        BatchSize: 1_000,
        MaximumBatchingWindowInSeconds: 1,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 2 },
      }),
    ]);
    expect(queueNamed(prodTemplate, 'PresenceQueue')).toMatchObject({ VisibilityTimeout: 360, RedrivePolicy: { maxReceiveCount: 3 } });
  });
});
