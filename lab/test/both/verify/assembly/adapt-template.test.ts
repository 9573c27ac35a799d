import { expect, test } from '@jest/globals';
import { adaptTemplate } from '../../../../both/verify/assembly/adapt-template.ts';
import type { Resource, Template } from '../../../../both/verify/assembly/template.ts';

const adapt = (Resources: Record<string, Resource>, Outputs: Template['Outputs'] = {}) =>
  adaptTemplate({ Resources, Outputs }, { elsewhere: {} });

const NAT: Resource = { Type: 'AWS::EC2::NatGateway', Properties: {} };
const TABLE: Resource = { Type: 'AWS::DynamoDB::GlobalTable', Properties: { TableName: 'kept' } };

test('leaves out what is on the list, with its reason, and keeps everything else as it was', () => {
  const { template, leftOut } = adapt({ Nat: NAT, Table: TABLE });
  expect(template.Resources).toEqual({ Table: TABLE });
  expect(leftOut).toEqual([{ logicalId: 'Nat', type: 'AWS::EC2::NatGateway', reason: expect.stringContaining('MiniStack') }]);
});

test('keeps a type that nobody has listed, so that the emulator refuses it by its name', () => {
  const unknown: Resource = { Type: 'AWS::Unheard::Of' };
  expect(adapt({ Unknown: unknown })).toEqual({ template: { Resources: { Unknown: unknown }, Outputs: {} }, leftOut: [] });
});

test.each([
  ['Ref', { NatGatewayId: { Ref: 'Nat' } }],
  ['Fn::GetAtt', { Gateway: { 'Fn::GetAtt': ['Nat', 'NatGatewayId'] } }],
  ['Fn::GetAtt as text', { Gateway: { 'Fn::GetAtt': 'Nat.NatGatewayId' } }],
  ['Fn::Sub', { Name: { 'Fn::Sub': `to-\${Nat}` } }],
  ['Fn::Sub with an attribute', { Name: { 'Fn::Sub': [`to-\${Nat.NatGatewayId}`, {}] } }],
  ['a list inside', { Routes: [{ Through: { 'Fn::Join': ['', ['a', { Ref: 'Nat' }]] } }] }],
])('leaves out what refers to it by %s', (_, Properties) => {
  // Before it in the template.
  const { template, leftOut } = adapt({ Route: { Type: 'AWS::EC2::Route', Properties }, Nat: NAT });
  expect(template.Resources).toEqual({});
  expect(leftOut).toContainEqual({ logicalId: 'Route', type: 'AWS::EC2::Route', reason: 'it refers to Nat, which is left out' });
});

test('leaves out what refers to it through something else', () => {
  const { leftOut } = adapt({
    Last: { Type: 'AWS::X::Last', Properties: { Of: { Ref: 'Route' } } },
    Route: { Type: 'AWS::EC2::Route', Properties: { NatGatewayId: { Ref: 'Nat' } } },
    Nat: NAT,
  });
  expect(leftOut.map(({ logicalId }) => logicalId)).toEqual(['Nat', 'Route', 'Last']);
});

test('keeps what only waits for it, or is only updated with it, without that', () => {
  const { template } = adapt({
    Nat: NAT,
    Waits: { ...TABLE, DependsOn: ['Nat', 'Other'] },
    WaitsForNothingElse: { ...TABLE, DependsOn: 'Nat' },
    Updated: { ...TABLE, UpdatePolicy: { CodeDeployLambdaAliasUpdate: { ApplicationName: { Ref: 'Nat' } } } },
    Other: { ...TABLE, UpdatePolicy: { AutoScalingRollingUpdate: {} } },
  });
  expect(template.Resources).toEqual({
    Waits: { ...TABLE, DependsOn: ['Other'] },
    WaitsForNothingElse: TABLE,
    Updated: TABLE,
    Other: { ...TABLE, UpdatePolicy: { AutoScalingRollingUpdate: {} } },
  });
});

test('drops the outputs that nobody can resolve any more', () => {
  const { template } = adapt({ Nat: NAT, Table: TABLE }, { Gateway: { Value: { Ref: 'Nat' } }, Table: { Value: { Ref: 'Table' } } });
  expect(template.Outputs).toEqual({ Table: { Value: { Ref: 'Table' } } });
});

test('replaces the values of the keys that it is given, in functions and in containers, and no others', () => {
  const fn: Resource = {
    Type: 'AWS::Lambda::Function',
    Properties: { Environment: { Variables: { HERE: 'far', TABLE: { Ref: 'Table' } } } },
  };
  const task: Resource = {
    Type: 'AWS::ECS::TaskDefinition',
    Properties: {
      ContainerDefinitions: [
        {
          Name: 'HERE',
          Environment: [
            { Name: 'HERE', Value: 'far' },
            { Name: 'PORT', Value: '8080' },
          ],
        },
      ],
    },
  };
  const { template } = adaptTemplate(
    { Resources: { Function: fn, Task: task } },
    { elsewhere: { HERE: (declared) => `near, not ${declared}` } },
  );
  expect(template.Resources['Function']?.Properties).toEqual({
    Environment: { Variables: { HERE: 'near, not far', TABLE: { Ref: 'Table' } } },
  });
  expect(template.Resources['Task']?.Properties).toEqual({
    ContainerDefinitions: [
      {
        Name: 'HERE',
        Environment: [
          { Name: 'HERE', Value: 'near, not far' },
          { Name: 'PORT', Value: '8080' },
        ],
      },
    ],
  });
});

test('spells out the address of a user pool, and leaves attributes of that name elsewhere alone', () => {
  const { template } = adapt(
    { Pool: { Type: 'AWS::Cognito::UserPool' }, Other: TABLE },
    { Pool: { Value: { 'Fn::GetAtt': ['Pool', 'ProviderURL'] } }, Other: { Value: { 'Fn::GetAtt': ['Other', 'ProviderURL'] } } },
  );
  expect(template.Outputs).toEqual({
    Pool: { Value: { 'Fn::Join': ['', ['https://', { 'Fn::GetAtt': ['Pool', 'ProviderName'] }]] } },
    Other: { Value: { 'Fn::GetAtt': ['Other', 'ProviderURL'] } },
  });
});

test('starts a service that scales with the fewest tasks that it may have, and no other', () => {
  const service: Resource = { Type: 'AWS::ECS::Service', Properties: { LaunchType: 'FARGATE' } };
  const { template } = adapt({
    Target: {
      Type: 'AWS::ApplicationAutoScaling::ScalableTarget',
      Properties: { MinCapacity: 3, ResourceId: { 'Fn::Join': ['', ['service/cluster/', { 'Fn::GetAtt': ['Scaled', 'Name'] }]] } },
    },
    Scaled: service,
    Fixed: service,
  });
  expect(template.Resources).toEqual({
    Scaled: { Type: 'AWS::ECS::Service', Properties: { DesiredCount: 3, LaunchType: 'FARGATE' } },
    Fixed: service,
  });
});

test('a listener that redirects is left out, one that forwards is not', () => {
  const listener = (Type: string) => ({ Type: 'AWS::ElasticLoadBalancingV2::Listener', Properties: { DefaultActions: [{ Type }] } });
  const { template, leftOut } = adapt({ Https: listener('forward'), Http: listener('redirect') });
  expect(Object.keys(template.Resources)).toEqual(['Https']);
  expect(leftOut).toMatchObject([{ logicalId: 'Http', type: 'AWS::ElasticLoadBalancingV2::Listener' }]);
});
