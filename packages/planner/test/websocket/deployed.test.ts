import { describe, expect, test } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { encodeEventFrame } from '../../../../backbone/domain/event.ts';
import { dev } from '../../../../lib/stages/dev.ts';
import { prod } from '../../../../lib/stages/prod.ts';
import { WebSocketStack } from '../../../../lib/websocket/websocket-stack.ts';
import { laneProps } from '../../../../test/lib/harness.ts';
import { CAPACITY } from '../../src/data/capacity.ts';
import { DEPLOYED } from '../../src/deployed.ts';
import { billOf, itemOf, quiet } from '../bills.ts';

/* What a stage deploys is what the planner bills for it. `npm run findings` writes the planner's numbers. */

describe.each([dev, prod])('stage $id', (stage) => {
  const props = laneProps(stage, stage.websocket);
  const lane = Template.fromStack(new WebSocketStack(props.app, 'WebSocket', props));
  const backbone = Template.fromStack(props.backbone.node.scope as never);
  const bill = billOf('websocket-lane', quiet({ connections: 1, stage: stage.id }));
  const resources = (type: string) =>
    [lane, backbone].flatMap((template) => Object.values(template.findResources(type)).map(({ Properties }) => Properties));

  test('no gateway, no balancer and no task', () => {
    expect(resources('AWS::EC2::NatGateway')).toEqual([]);
    expect(['nat', 'alb', 'public-ipv4', 'task-cpu'].map((id) => itemOf(id, bill).quantity)).toEqual([0, 0, 0, 0]);
  });

  test('alarms, by the metrics that their expressions name', () => {
    const metrics = resources('AWS::CloudWatch::Alarm').map(
      ({ Metrics = [{ MetricStat: {} }] }) => Metrics.filter(({ MetricStat }: { MetricStat?: object }) => MetricStat !== undefined).length,
    );
    expect(itemOf('alarms', bill).quantity).toBe(metrics.reduce((sum, count) => sum + count, 0));
  });

  test('queues that Lambda polls', () => {
    const polled = itemOf('pollers', bill).quantity / 730 / CAPACITY.pollerRequestsPerHour.value;
    expect(polled).toBe(resources('AWS::Lambda::EventSourceMapping').length);
  });

  test('memory of the functions, and the throttle of the API', () => {
    const memory = Object.entries(lane.findResources('AWS::Lambda::Function')).map(([id, { Properties }]) => [id, Properties.MemorySize]);
    const memoryOf = (prefix: string) => memory.find(([id]) => id.startsWith(prefix))?.[1];
    expect(memoryOf('FrameFunction')).toBe(CAPACITY.frameMemoryMb.value);
    expect(DEPLOYED[stage.id]?.['Websocket']?.fanOut?.memoryMb).toBe(memoryOf('FanOutHandler'));
    const [{ DefaultRouteSettings }] = resources('AWS::ApiGatewayV2::Stage');
    expect(DEPLOYED[stage.id]?.['Websocket']?.requestsPerSecond).toBe(DefaultRouteSettings.ThrottlingRateLimit);
  });
});

test('the framing of an event is what the planner adds', () => {
  const event = { channel: 'orders', epoch: 'k3f9x2', seq: 10_427, type: 'message', data: '', publishedAtMs: 0 };
  // WebSocket, TLS, TCP and IP.
  const below = 4 + 22 + 52;
  expect(Math.abs(encodeEventFrame(event).length + below - CAPACITY.websocketOverheadBytes.value)).toBeLessThanOrEqual(20);
});
