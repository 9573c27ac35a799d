import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { dev } from '../fixed-stages.ts';
import { environmentOf } from '../harness.ts';
import { makeStack } from './stack.ts';

let template: Template;

beforeAll(() => {
  template = Template.fromStack(makeStack(dev));
});

describe('the announcer', () => {
  test('acts on a task of the service in this cluster that is to stop and still runs', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.ecs'],
        'detail-type': ['ECS Task State Change'],
        detail: {
          clusterArn: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^ServiceCluster'), 'Arn'] }],
          group: [{ prefix: 'service:' }],
          desiredStatus: ['STOPPED'],
          lastStatus: ['RUNNING', 'DEACTIVATING'],
        },
      },
      Targets: [Match.objectLike({ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^AnnouncerTaskLeaving'), 'Arn'] } })],
    });
  });

  test('is tried for a minute, and not kept: a late announcement is worth nothing', () => {
    template.hasResourceProperties('AWS::Events::Rule', {
      Targets: [
        {
          Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^AnnouncerTaskLeaving'), 'Arn'] },
          Id: Match.anyValue(),
          RetryPolicy: { MaximumEventAgeInSeconds: 60, MaximumRetryAttempts: 10 },
        },
      ],
    });
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      FunctionName: { Ref: Match.stringLikeRegexp('^AnnouncerTaskLeaving') },
      MaximumEventAgeInSeconds: 60,
      DestinationConfig: Match.absent(),
    });
  });

  test('may send to the queues of tasks, and nothing else', () => {
    const queues = { 'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp(':Sse_\\*$')])] };
    template.hasResourceProperties('AWS::IAM::Policy', {
      Roles: [{ Ref: Match.stringLikeRegexp('^AnnouncerTaskLeavingRole') }],
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Action: Match.arrayWith(['logs:PutLogEvents']) }),
          { Effect: 'Allow', Action: ['sqs:GetQueueUrl', 'sqs:SendMessage'], Resource: queues },
        ],
      },
    });
  });

  test('knows the prefix of the queues, and no topic', () => {
    const environment = environmentOf(template, 'AnnouncerTaskLeavingFunction');
    expect(environment).toMatchObject({ LANES_TASK_QUEUE_PREFIX: 'Sse_' });
    expect(environment).not.toHaveProperty('LANES_TOPIC_ARN');
  });

  test('is deleted after the service, whose last tasks drain too', () => {
    const [service] = Object.values(template.findResources('AWS::ECS::Service'));
    for (const id of ['Function', 'RoleDefaultPolicy', 'Rule']) {
      expect(service?.['DependsOn']).toContainEqual(expect.stringMatching(new RegExp(`^AnnouncerTaskLeaving${id}`)));
    }
  });
});
