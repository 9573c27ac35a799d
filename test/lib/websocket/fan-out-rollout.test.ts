import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import type { WebSocketSettings } from '../../../lib/websocket/websocket-settings.ts';
import { WebSocketStack } from '../../../lib/websocket/websocket-stack.ts';
import { prod } from '../fixed-stages.ts';
import { allowances, flatten, laneProps } from '../harness.ts';

function synthesize(rollout: WebSocketSettings['fanOut']['rollout']): Template {
  const stage = { ...prod, websocket: { ...prod.websocket, fanOut: { ...prod.websocket.fanOut, rollout } } };
  const { app, ...props } = laneProps(stage, stage.websocket);
  return Template.fromStack(new WebSocketStack(app, 'Websocket', props));
}

describe.each(['AllAtOnce', 'Linear10PercentEvery1Minute'] as const)('%s', (rollout) => {
  let template: Template;

  beforeAll(() => {
    template = synthesize(rollout);
  });

  test('the queues invoke the alias, and nothing invokes the newest code directly', () => {
    const [alias = ''] = Object.keys(template.findResources('AWS::Lambda::Alias'));
    const invoked = Object.entries(template.findResources('AWS::Lambda::EventSourceMapping'))
      .filter(([id]) => id.startsWith('FanOut'))
      .map(([, { Properties }]) => JSON.stringify(Properties.FunctionName));
    expect(invoked).toEqual([expect.stringContaining(alias), expect.stringContaining(alias)]);
  });

  test('the alias is at the version of this deployment', () => {
    const [version = ''] = Object.keys(template.findResources('AWS::Lambda::Version'));
    template.hasResourceProperties('AWS::Lambda::Alias', { Name: 'live', FunctionVersion: { 'Fn::GetAtt': [version, 'Version'] } });
  });
});

describe('at once', () => {
  test('CloudFormation moves the alias itself', () => {
    const template = synthesize('AllAtOnce');
    template.resourceCountIs('AWS::CodeDeploy::DeploymentGroup', 0);
    template.allResources('AWS::Lambda::Alias', { UpdatePolicy: Match.absent() });
  });
});

describe('gradually', () => {
  let template: Template;

  beforeAll(() => {
    template = synthesize('Linear10PercentEvery1Minute');
  });

  test('CodeDeploy moves the alias as the stage says', () => {
    const [group = ''] = Object.keys(template.findResources('AWS::CodeDeploy::DeploymentGroup'));
    template.hasResource('AWS::Lambda::Alias', {
      UpdatePolicy: { CodeDeployLambdaAliasUpdate: Match.objectLike({ DeploymentGroupName: { Ref: group } }) },
    });
    template.hasResourceProperties('AWS::CodeDeploy::DeploymentGroup', {
      DeploymentConfigName: 'CodeDeployDefault.LambdaLinear10PercentEvery1Minute',
    });
  });

  test('it rolls back when the function fails, and when messages are retried and get old', () => {
    const [group] = Object.values(template.findResources('AWS::CodeDeploy::DeploymentGroup'));
    const alarms: readonly { Name: unknown }[] = group?.['Properties'].AlarmConfiguration.Alarms;
    expect(alarms.map(({ Name }) => flatten(Name).replace(/\w{8}>$/, '>'))).toEqual([
      '<FanOutRolloutErrorsAlarm>',
      '<FanOutEventsAgeAlarm>',
      '<FanOutDeliveriesAgeAlarm>',
    ]);
    expect(group?.['Properties'].AutoRollbackConfiguration).toEqual({
      Enabled: true,
      Events: expect.arrayContaining(['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM']),
    });
  });

  test('its alarm of errors counts both versions behind the alias, and nothing else', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'Errors',
      Threshold: 0,
      Dimensions: Match.arrayWith([Match.objectLike({ Name: 'Resource', Value: { 'Fn::Join': ['', [Match.anyValue(), ':live']] } })]),
    });
  });

  test('CodeDeploy may move the alias of this function, look at alarms, and nothing else', () => {
    const granted = allowances(template).filter(({ role }) => role.startsWith('FanOutRolloutRole'));
    expect(granted.map(({ actions, resources }) => ({ actions, resources }))).toEqual([
      {
        actions: ['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias'],
        resources: [
          expect.stringMatching(/^<FanOutHandlerFunction\w+\.Arn>$/),
          expect.stringMatching(/^<FanOutHandlerFunction\w+\.Arn>:live$/),
        ],
      },
      { actions: ['cloudwatch:DescribeAlarms'], resources: ['*'] },
    ]);
    template.hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: Match.objectLike({ Statement: [Match.objectLike({ Principal: { Service: 'codedeploy.amazonaws.com' } })] }),
      ManagedPolicyArns: Match.absent(),
    });
  });

  test('no deployment starts before CodeDeploy may do that', () => {
    const [policy = ''] = Object.keys(template.findResources('AWS::IAM::Policy')).filter((id) => id.startsWith('FanOutRolloutRole'));
    template.hasResource('AWS::CodeDeploy::DeploymentGroup', { DependsOn: [policy] });
  });
});
