import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { encodeMetrics } from '../../../../fargate/sse/metrics.ts';
import { eventBody, HEARTBEAT, idLine } from '../../../../fargate/sse/sse-encoding.ts';
import { SseStack } from '../../../../lib/sse/sse-stack.ts';
import { dev } from '../../../../lib/stages/dev.ts';
import { prod } from '../../../../lib/stages/prod.ts';
import { laneProps } from '../../../../test/lib/harness.ts';
import { CAPACITY } from '../../src/data/capacity.ts';
import { billOf, itemOf, quiet } from '../bills.ts';

/* What a stage deploys is what the planner bills for it. `npm run findings` writes the planner's numbers. */

describe.each([dev, prod])('stage $id', (stage) => {
  const props = laneProps(stage, stage.sse);
  const lane = Template.fromStack(new SseStack(props.app, 'Sse', props));
  const backbone = Template.fromStack(props.backbone.node.scope as never);
  const bill = billOf('sse-lane', quiet({ connections: 1, stage: stage.id }));
  const monthly = (id: string) => itemOf(id, bill).quantity / 730;
  const resources = (type: string) =>
    [lane, backbone].flatMap((template) => Object.values(template.findResources(type)).map(({ Properties }) => Properties));

  test('NAT gateways, load balancer and public addresses', () => {
    expect(monthly('nat')).toBe(resources('AWS::EC2::NatGateway').length);
    expect(monthly('alb')).toBe(resources('AWS::ElasticLoadBalancingV2::LoadBalancer').length);
    const [{ Scheme, Subnets }] = resources('AWS::ElasticLoadBalancingV2::LoadBalancer');
    // Behind CloudFront it has none.
    const ofBalancer = Scheme === 'internet-facing' ? Subnets.length : 0;
    expect(monthly('public-ipv4')).toBe(resources('AWS::EC2::EIP').length + ofBalancer);
  });

  test('tasks, with their CPU and memory', () => {
    const [{ Cpu, Memory }] = resources('AWS::ECS::TaskDefinition');
    const [{ MinCapacity }] = resources('AWS::ApplicationAutoScaling::ScalableTarget');
    expect(bill.tasks?.count).toBe(MinCapacity);
    expect(monthly('task-cpu')).toBe((MinCapacity * Cpu) / 1_024);
    expect(monthly('task-memory')).toBe((MinCapacity * Memory) / 1_024);
  });

  test('alarms, by the metrics that their expressions name, and two of autoscaling', () => {
    const metrics = resources('AWS::CloudWatch::Alarm').map(
      ({ Metrics = [{ MetricStat: {} }] }) => Metrics.filter(({ MetricStat }: { MetricStat?: object }) => MetricStat !== undefined).length,
    );
    expect(itemOf('alarms', bill).quantity).toBe(metrics.reduce((sum, count) => sum + count, 0) + 2);
  });

  // CloudFront's is in a stack of its own.
  const whereTheBalancerIsTheEdge = stage.edge.type === 'alb' ? test : test.skip;

  whereTheBalancerIsTheEdge('the web ACL with its rules', () => {
    expect(itemOf('web-acl', bill).quantity).toBe(resources('AWS::WAFv2::WebACL').length);
    expect(itemOf('web-acl-rules', bill).quantity).toBe(resources('AWS::WAFv2::WebACL')[0].Rules.length);
  });

  test('the key, and Container Insights', () => {
    expect(itemOf('key', bill).quantity).toBe(resources('AWS::KMS::Key').length);
    const [{ ClusterSettings }] = resources('AWS::ECS::Cluster');
    expect(itemOf('container-insights', bill).quantity > 0).toBe(ClusterSettings[0].Value === 'enabled');
  });
});

test('as many metrics as a task writes', () => {
  const report = Object.fromEntries(
    [
      'openStreams',
      'connects',
      'deliveries',
      'replays',
      'resets',
      'repeatsDropped',
      'slowStreamsClosed',
      'ephemeralDropped',
      'gapsTombstoned',
      'refusedFull',
    ]
      .concat('refusedOverLimit', 'overShare', 'refusedPublications', 'failures')
      .map((key) => [key, 0]),
  );
  const [line = '{}'] = encodeMetrics({ ...report, latenciesMs: [1] } as never, { stack: 'S', lane: 'sse' }, 0);
  expect(CAPACITY.sseMetrics.value).toBe(JSON.parse(line)._aws.CloudWatchMetrics[0].Metrics.length);
});

test('the framing of an event and of a heartbeat is what the planner adds', () => {
  // HTTP/2, TLS, TCP and IP.
  const below = 9 + 22 + 52;
  const framing = (idLine('k3f9x2.10427') + eventBody({ type: 'message', data: '' })).length;
  expect(CAPACITY.sseOverheadBytes.value).toBe(framing + below);
  expect(CAPACITY.heartbeatBytes.value).toBe(HEARTBEAT.length + below);
});
