import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { dev } from '../fixed-stages.ts';
import { environmentOf } from '../harness.ts';
import { makeStack } from './stack.ts';

let devTemplate: Template;

beforeAll(() => {
  devTemplate = Template.fromStack(makeStack(dev));
});

describe('the cleaners of task queues', () => {
  test('act on a stopped task of a service in the cluster, which has this one alone', () => {
    devTemplate.resourceCountIs('AWS::ECS::Service', 1);
    devTemplate.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.ecs'],
        'detail-type': ['ECS Task State Change'],
        detail: {
          clusterArn: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^ServiceCluster'), 'Arn'] }],
          group: [{ prefix: 'service:' }],
          lastStatus: ['STOPPED'],
        },
      },
      Targets: [
        Match.objectLike({
          Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^CleanersTaskStopped'), 'Arn'] },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^CleanersDeadLetters'), 'Arn'] } },
        }),
      ],
    });
  });

  test('are deleted after the service, whose last tasks leave queues', () => {
    const [service] = Object.values(devTemplate.findResources('AWS::ECS::Service'));
    for (const id of ['CleanersTaskStoppedFunction', 'CleanersTaskStoppedRuleAllow', 'CleanersTaskStoppedRoleDefaultPolicy']) {
      expect(service?.['DependsOn']).toContainEqual(expect.stringMatching(new RegExp(`^${id}`)));
    }
    expect(service?.['DependsOn']).toContainEqual(expect.stringMatching(/^CleanersTaskStoppedRule[0-9A-F]{8}$/));
  });

  test('sweep at the interval of the stage', () => {
    devTemplate.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(15 minutes)',
      Targets: [Match.objectLike({ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^CleanersSweep'), 'Arn'] } })],
    });
  });

  test('know the prefix and the topic, and the sweep the cluster', () => {
    const common = { LANES_TASK_QUEUE_PREFIX: 'Sse_', LANES_TOPIC_ARN: expect.any(String) };
    expect(environmentOf(devTemplate, 'CleanersTaskStoppedFunction')).toMatchObject(common);
    expect(environmentOf(devTemplate, 'CleanersSweepFunction')).toMatchObject({
      ...common,
      LANES_CLUSTER_ARN: expect.stringMatching(/^<ServiceCluster\w+\.Arn>$/),
    });
  });

  test('raise an alarm when the sweep finds a queue without its task', () => {
    devTemplate.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'RealtimeLanes',
      MetricName: 'Orphans',
      Dimensions: [
        { Name: 'lane', Value: 'sse' },
        { Name: 'stack', Value: 'Sse' },
      ],
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
    });
  });

  test('put what they fail on into a dead-letter queue with an alarm', () => {
    const queue = Match.stringLikeRegexp('^CleanersDeadLetters');
    devTemplate.resourcePropertiesCountIs(
      'AWS::Lambda::EventInvokeConfig',
      { DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queue, 'Arn'] } } } },
      2,
    );
    devTemplate.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queue, 'QueueName'] } }],
    });
  });
});
