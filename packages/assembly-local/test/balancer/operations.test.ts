import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { balancerOperations } from '../../balancer/operations.ts';
import { TargetGroup } from '../../balancer/target-group.ts';
import { startEndpoint, type TestEndpoint } from '../support/endpoint.ts';

const ARN = 'arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/tasks/1';

let endpoint: TestEndpoint;
let client: ElasticLoadBalancingV2Client;
let group: TargetGroup;

beforeEach(async () => {
  endpoint = await startEndpoint();
  const healthCheck = { path: '/', intervalMs: 60_000, timeoutMs: 1_000, healthyThreshold: 1, unhealthyThreshold: 1, matcher: '200' };
  group = new TargetGroup({ arn: ARN, healthCheck, deregistrationDelayMs: 60_000 });
  endpoint.serve({ loadBalancing: balancerOperations(new Map([[ARN, group]])) });
  client = new ElasticLoadBalancingV2Client(endpoint.client);
});

afterEach(() => {
  group.close();
  client.destroy();
  endpoint.close();
});

async function healthOf(port: number): Promise<unknown> {
  const command = new DescribeTargetHealthCommand({ TargetGroupArn: ARN, Targets: [{ Id: '127.0.0.1', Port: port }] });
  const { TargetHealthDescriptions = [] } = await client.send(command);
  return TargetHealthDescriptions[0];
}

test('a target is initial, healthy, draining while it has requests, and then unknown', async () => {
  const target = group.register(1);
  expect(await healthOf(1)).toMatchObject({ Target: { Id: '127.0.0.1', Port: 1 }, TargetHealth: { State: 'initial' } });
  target.state = 'healthy';
  expect(await healthOf(1)).toMatchObject({ TargetHealth: { State: 'healthy' } });
  target.begin();
  const deregistered = group.deregister(target);
  expect(await healthOf(1)).toMatchObject({ TargetHealth: { State: 'draining', Reason: 'Target.DeregistrationInProgress' } });
  target.end();
  await deregistered;
  expect(await healthOf(1)).toMatchObject({ TargetHealth: { State: 'unused', Reason: 'Target.NotRegistered' } });
});

test('without a selection all targets are described', async () => {
  group.register(1);
  group.register(2);
  const { TargetHealthDescriptions = [] } = await client.send(new DescribeTargetHealthCommand({ TargetGroupArn: ARN }));
  expect(TargetHealthDescriptions.map(({ Target }) => Target?.Port)).toEqual([1, 2]);
});

test('a target group that does not exist is an error that names it', async () => {
  const describing = client.send(new DescribeTargetHealthCommand({ TargetGroupArn: `${ARN}0` }));
  await expect(describing).rejects.toMatchObject({ name: 'TargetGroupNotFoundException', message: expect.stringContaining(`${ARN}0`) });
});
