import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { afterEach, describe, expect, test } from '@jest/globals';
import { createElbTargetHealth } from '../../../../fargate/sse/aws/elb-target-health.ts';
import { type AwsResponse, type AwsStub, startAwsStub } from '../../../support/aws-stub.ts';

let stub: AwsStub;

afterEach(() => stub.stop());

async function healthWith(answer: AwsResponse) {
  stub = await startAwsStub(() => answer);
  return createElbTargetHealth({
    client: new ElasticLoadBalancingV2Client(stub.clientOptions),
    targetGroupArns: ['arn:group'],
    target: { address: '10.0.1.7', port: 8080 },
  });
}

const described = (targetHealth: string): AwsResponse => ({
  body: `<DescribeTargetHealthResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><DescribeTargetHealthResult>
    <TargetHealthDescriptions>${targetHealth}</TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>`,
});

const target = (health: string) =>
  described(`<member><Target><Id>10.0.1.7</Id><Port>8080</Port></Target><TargetHealth>${health}</TargetHealth></member>`);

test('asks for this one target', async () => {
  await (await healthWith(target('<State>healthy</State>'))).state();
  expect(stub.only('DescribeTargetHealth').input).toMatchObject({
    TargetGroupArn: 'arn:group',
    'Targets.member.1.Id': '10.0.1.7',
    'Targets.member.1.Port': '8080',
  });
});

test.each([
  ['draining', '<State>draining</State><Reason>Target.DeregistrationInProgress</Reason>', 'draining'],
  ['initial', '<State>initial</State><Reason>Elb.RegistrationInProgress</Reason>', 'registered'],
  ['healthy', '<State>healthy</State>', 'registered'],
  ['unhealthy', '<State>unhealthy</State><Reason>Target.Timeout</Reason>', 'registered'],
  ['unused, not registered', '<State>unused</State><Reason>Target.NotRegistered</Reason>', 'unregistered'],
  ['unused, without a listener', '<State>unused</State><Reason>Target.NotInUse</Reason>', 'registered'],
])('%s', async (_, health, state) => {
  expect(await (await healthWith(target(health))).state()).toBe(state);
});

test('a target that is not described is not registered', async () => {
  expect(await (await healthWith(described(''))).state()).toBe('unregistered');
});

test('a throttled question is not asked again at once', async () => {
  const body = '<ErrorResponse><Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>';
  const health = await healthWith({ status: 400, body });
  await expect(health.state()).rejects.toThrow('Rate exceeded');
  expect(stub.calls).toHaveLength(1);
});

describe('with two target groups, of which the task is in one', () => {
  const healthy = '<State>healthy</State>';
  const draining = '<State>draining</State><Reason>Target.DeregistrationInProgress</Reason>';
  const unknown = '<State>unused</State><Reason>Target.NotRegistered</Reason>';

  async function stateOf(first: string, second: string) {
    stub = await startAwsStub(({ input }) => target(input['TargetGroupArn'] === 'arn:first' ? first : second));
    return createElbTargetHealth({
      client: new ElasticLoadBalancingV2Client(stub.clientOptions),
      targetGroupArns: ['arn:first', 'arn:second'],
      target: { address: '10.0.1.7', port: 8080 },
    }).state();
  }

  test.each([
    ['it stays where only the other group does not know it', healthy, unknown, 'registered'],
    ['whichever of them that is', unknown, healthy, 'registered'],
    ['it leaves when the one that has it lets it go', draining, unknown, 'draining'],
    ['whichever of them that is', unknown, draining, 'draining'],
    ['it stays while one of them still sends requests', draining, healthy, 'registered'],
    ['it is not there before either of them knows it', unknown, unknown, 'unregistered'],
  ])('%s', async (_, first, second, state) => {
    expect(await stateOf(first, second)).toBe(state);
  });
});
