import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { Stage } from '../../../lib/config.ts';
import { preview, prod } from '../fixed-stages.ts';
import { flatten } from '../harness.ts';
import { makeStack } from './stack.ts';

const PRIMARY = { Ref: Match.stringLikeRegexp('^FrontTasks') };
const ALTERNATE = { Ref: Match.stringLikeRegexp('^FrontAlternateTasks') };

const withCanary = (stage: Stage) =>
  Template.fromStack(makeStack({ ...stage, sse: { ...stage.sse, rollout: { type: 'canary', percent: 10, bakeMinutes: 15 } } }));

describe('rolling', () => {
  let template: Template;

  beforeAll(() => {
    template = Template.fromStack(makeStack(prod));
  });

  test('has one target group, and leaves the listener to CloudFormation', () => {
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::TargetGroup', 1);
    template.resourceCountIs('AWS::ElasticLoadBalancingV2::ListenerRule', 0);
  });

  test('asks no alarm, and ECS for no strategy', () => {
    template.hasResourceProperties('AWS::ECS::Service', {
      DeploymentConfiguration: { Strategy: Match.absent(), CanaryConfiguration: Match.absent() },
      LoadBalancers: [Match.objectLike({ AdvancedConfiguration: Match.absent() })],
    });
  });
});

describe('canary', () => {
  let template: Template;

  beforeAll(() => {
    template = withCanary(prod);
  });

  test('gives a new version its share of the requests for a while, then all of them for as long again', () => {
    template.hasResourceProperties('AWS::ECS::Service', {
      DeploymentConfiguration: {
        Strategy: 'CANARY',
        CanaryConfiguration: { CanaryPercent: 10, CanaryBakeTimeInMinutes: 15 },
        BakeTimeInMinutes: 15,
        DeploymentCircuitBreaker: Match.absent(),
      },
    });
  });

  test('goes back on errors and on unhealthy targets of either group', () => {
    template.hasResourceProperties('AWS::ECS::Service', {
      DeploymentConfiguration: {
        Alarms: {
          Enable: true,
          Rollback: true,
          AlarmNames: [
            { Ref: Match.stringLikeRegexp('^UnexpectedErrorsAlarm') },
            { Ref: Match.stringLikeRegexp('^UnhealthyTargetsAlarm') },
          ],
        },
      },
    });
    const [alarm] = Object.values(template.findResources('AWS::CloudWatch::Alarm', { Properties: { EvaluationPeriods: 5, Threshold: 0 } }));
    const groups = JSON.stringify(alarm);
    expect(groups).toContain('FrontTasks');
    expect(groups).toContain('FrontAlternateTasks');
  });

  test('tells ECS of the other group and of the rule that has the requests', () => {
    template.hasResourceProperties('AWS::ECS::Service', {
      LoadBalancers: [
        {
          ContainerName: 'Service',
          ContainerPort: 8080,
          TargetGroupArn: PRIMARY,
          AdvancedConfiguration: {
            AlternateTargetGroupArn: ALTERNATE,
            ProductionListenerRule: { Ref: Match.stringLikeRegexp('^FrontRequests') },
            RoleArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^ServiceAlternateRole'), 'Arn'] },
          },
        },
      ],
    });
  });

  test('has a rule for all requests, which starts at the first group, and a default that would refuse them', () => {
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
      ListenerArn: { Ref: Match.stringLikeRegexp('^FrontLoadBalancerHttps') },
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/*'] } }],
      Actions: [
        {
          Type: 'forward',
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: PRIMARY, Weight: 100 },
              { TargetGroupArn: ALTERNATE, Weight: 0 },
            ],
          },
        },
      ],
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 443,
      DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '503' } }],
    });
  });

  test('has two groups that differ in nothing', () => {
    const [first, second] = Object.values(template.findResources('AWS::ElasticLoadBalancingV2::TargetGroup'));
    expect(second).toEqual(first);
  });

  test('has tasks that look at both groups', () => {
    const [definition] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
    const environment: { Name: string; Value: unknown }[] = definition?.['Properties'].ContainerDefinitions[0].Environment;
    expect(flatten(environment.find(({ Name }) => Name === 'LANES_TARGET_GROUP_ARN')?.Value)).toMatch(
      /^<FrontTasks\w+>,<FrontAlternateTasks\w+>$/,
    );
  });
});

test('behind CloudFront the rule is at the one listener', () => {
  const template = withCanary(preview);
  template.resourceCountIs('AWS::ElasticLoadBalancingV2::Listener', 1);
  template.hasResourceProperties('AWS::ElasticLoadBalancingV2::ListenerRule', {
    ListenerArn: { Ref: Match.stringLikeRegexp('^FrontLoadBalancerHttp') },
  });
});
