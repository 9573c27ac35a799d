import { describe, expect, test } from '@jest/globals';
import { quotaChecks } from '../../../scripts/check-account/checks/quotas.ts';
import { atFullScale, duringDeploy, functionsAtOnce, loadBalancers, requestsPerSecond } from '../../../scripts/check-account/needs.ts';
import { fakeAccount, linesOf, stackOf } from './fake-account.ts';

const scalableTarget = (service: string, MinCapacity: number, MaxCapacity: number) =>
  [
    'AWS::ApplicationAutoScaling::ScalableTarget',
    {
      MinCapacity,
      MaxCapacity,
      ResourceId: { 'Fn::Join': ['', ['service/', { Ref: 'Cluster' }, '/', { 'Fn::GetAtt': [service, 'Name'] }]] },
    },
  ] as const;
const service = (task: string, change: object = {}) => ['AWS::ECS::Service', { TaskDefinition: { Ref: task }, ...change }] as const;

describe('what stacks need', () => {
  test('vCPUs: the tasks of each service, twice during a deploy', () => {
    const stacks = [
      stackOf({
        Small: ['AWS::ECS::TaskDefinition', { Cpu: '256' }],
        Large: ['AWS::ECS::TaskDefinition', { Cpu: '2048' }],
        One: service('Small', { DeploymentConfiguration: { MaximumPercent: 200 } }),
        Two: service('Large', { DesiredCount: 3, DeploymentConfiguration: { MaximumPercent: 100 } }),
        Target: scalableTarget('One', 2, 8),
      }),
    ];
    expect(duringDeploy(stacks)).toBe(2 * 2 * 0.25 + 3 * 2);
    expect(atFullScale(stacks)).toBe(8 * 0.25 + 3 * 2);
  });

  test('functions at once: what queues may start, and one of each other function', () => {
    const fn = ['AWS::Lambda::Function'] as const;
    const queue = (name: string, MaximumConcurrency: number) =>
      ['AWS::Lambda::EventSourceMapping', { FunctionName: { Ref: name }, ScalingConfig: { MaximumConcurrency } }] as const;
    expect(functionsAtOnce([stackOf({ a: fn, b: fn, c: fn, q: queue('a', 5), r: queue('a', 7) })])).toBe(5 + 7 + 2);
  });

  test('requests: each that is let in, and its answer', () => {
    const api = (ThrottlingRateLimit: number) => ['AWS::ApiGatewayV2::Stage', { DefaultRouteSettings: { ThrottlingRateLimit } }] as const;
    expect(requestsPerSecond([stackOf({ a: api(500) }), stackOf({ b: api(10) })])).toBe(1_020);
  });

  test('load balancers: for applications', () => {
    const type = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
    expect(loadBalancers([stackOf({ a: [type, { Type: 'application' }], b: [type, { Type: 'network' }], c: [type] })])).toBe(2);
  });
});

describe('a quota', () => {
  const stacks = [
    stackOf({ vpc: ['AWS::EC2::VPC'] }),
    stackOf({ one: ['AWS::EC2::EIP'], two: ['AWS::EC2::EIP'] }, { name: 'LanesDevTwo' }),
  ];
  const check = (change: Parameters<typeof fakeAccount>[0] = {}) => linesOf(quotaChecks(stacks, fakeAccount(change)));

  test('has room for what is there and what is new, or says what to ask for', async () => {
    expect(await check({ quota: async () => 5, count: async () => 3 })).toEqual([
      'ok: Elastic IP addresses in us-east-1: the quota is 5, the stage needs 2, and 3 are in use',
      'ok: VPCs in us-east-1: the quota is 5, the stage needs 1, and 3 are in use',
    ]);
    expect(await check({ quota: async () => 5, count: async () => 4 })).toEqual([
      'problem: Elastic IP addresses in us-east-1: the quota is 5, the stage needs 2, and 4 are in use | aws service-quotas request-service-quota-increase --service-code ec2 --quota-code L-0263D0A3 --desired-value 6 --region us-east-1',
      expect.stringMatching(/^ok: VPCs/),
    ]);
  });

  test('is not taken a second time by stacks that are deployed', async () => {
    const stack = async (name: string) => (name === 'LanesDevTwo' ? { status: 'CREATE_COMPLETE', tags: {} } : undefined);
    expect(await check({ stack, quota: async () => 5, count: async () => 5 })).toEqual([
      'ok: Elastic IP addresses in us-east-1: the quota is 5, the stage needs 0, and 5 are in use',
      expect.stringMatching(/^problem: VPCs.*needs 1, and 5 are in use/),
    ]);
  });

  test('that only limits traffic is a warning, and nobody knows what else uses it', async () => {
    const stack = stackOf({ a: ['AWS::Lambda::Function'] });
    expect(await linesOf(quotaChecks([stack], fakeAccount({ quota: async () => 0 })))).toEqual([
      expect.stringMatching(
        /^warning: functions that run at once .*needs 1, besides what else runs in the account \| .*L-B99A9384 --desired-value 1 /,
      ),
    ]);
  });

  test('of each Region is asked there, and only for what is put there', async () => {
    const elsewhere = stackOf({ vpc: ['AWS::EC2::VPC'] }, { name: 'LanesDevEdge', region: 'eu-west-1' });
    const lines = await linesOf(quotaChecks([...stacks, elsewhere], fakeAccount()));
    expect(lines.filter((line) => line.includes('eu-west-1'))).toEqual([expect.stringMatching(/^ok: VPCs in eu-west-1/)]);
  });
});
