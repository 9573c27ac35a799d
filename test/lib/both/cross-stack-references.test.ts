import { describe, expect, test } from '@jest/globals';
import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnUserPool } from 'aws-cdk-lib/aws-cognito';
import type { CfnLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { CfnTopic } from 'aws-cdk-lib/aws-sns';
import { BackboneStack } from '../../../lib/backbone/backbone-stack.ts';
import type { DistributionEdge } from '../../../lib/edge/edge-settings.ts';
import { EdgeStack } from '../../../lib/edge/edge-stack.ts';
import { SseStack } from '../../../lib/sse/sse-stack.ts';
import { WebSocketStack } from '../../../lib/websocket/websocket-stack.ts';
import { dev, preview } from '../fixed-stages.ts';
import { testApp } from '../harness.ts';

interface World {
  readonly backbone: BackboneStack;
  readonly sse: SseStack;
  readonly websocket: WebSocketStack;
}

/** Templates of a whole app, after a change of its constructs. */
function synthesize(stage: typeof dev, change: (world: World) => void = () => {}) {
  const app = testApp();
  const env = { region: stage.region };
  const shared = new BackboneStack(app, 'Backbone', { env, stage });
  const common = { env, stage, backbone: shared.backbone, access: shared.access };
  const websocket = new WebSocketStack(app, 'WebSocket', { ...common, settings: stage.websocket, peers: () => ({}) });
  const sse = new SseStack(app, 'Sse', { ...common, settings: stage.sse, peers: () => ({ websocket: websocket.url }) });
  const edge =
    stage.edge.type === 'cloudfront'
      ? new EdgeStack(app, 'Edge', { env: { region: 'us-east-1' }, stage, edge: stage.edge, lanes: [sse, websocket] })
      : undefined;
  change({ backbone: shared, sse, websocket });
  const json = (stack: Stack) => Template.fromStack(stack).toJSON();
  return { backbone: json(shared), sse: json(sse), websocket: json(websocket), edge: edge === undefined ? undefined : json(edge) };
}

/** The arguments of an intrinsic function, anywhere in a template. */
function argumentsOf(value: unknown, intrinsic: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [...(key === intrinsic ? [member] : []), ...argumentsOf(member, intrinsic)]);
}

const importsOf = (template: unknown) => [...new Set(argumentsOf(template, 'Fn::ImportValue'))].sort();

const exportsOf = ({ Outputs = {} }: { Outputs?: Record<string, { Export?: { Name: string } }> }) =>
  Object.values(Outputs).flatMap(({ Export }) => (Export === undefined ? [] : [Export.Name]));

const topicOf = ({ backbone: { backbone } }: World) => backbone.topic.topic.node.defaultChild as CfnTopic;

/** Replaces a topic: CloudFormation takes no other name for one that is there. */
const renameTopic = (world: World) => {
  topicOf(world).topicName = 'another';
};

describe('within a Region', () => {
  const before = synthesize(dev);

  test('lanes import what the others export, and read no output that may change unnoticed', () => {
    for (const lane of [before.sse, before.websocket]) {
      expect(argumentsOf(lane, 'Fn::GetStackOutput')).toEqual([]);
      expect(importsOf(lane).length).toBeGreaterThan(0);
      expect([...exportsOf(before.backbone), ...exportsOf(before.websocket)]).toEqual(expect.arrayContaining([...importsOf(lane)]));
    }
  });

  test('replacing what they import changes a value that they import, which CloudFormation refuses, and not their templates', () => {
    const after = synthesize(dev, renameTopic);
    expect(after.backbone).not.toEqual(before.backbone);
    expect(exportsOf(after.backbone)).toEqual(exportsOf(before.backbone));
    expect([after.sse, after.websocket]).toEqual([before.sse, before.websocket]);
  });

  test('making it anew under another id takes the export away, which CloudFormation refuses too', () => {
    const after = synthesize(dev, (world) => topicOf(world).overrideLogicalId('Other'));
    const missing = exportsOf(before.backbone).filter((name) => !exportsOf(after.backbone).includes(name));
    expect(importsOf(before.sse)).toEqual(expect.arrayContaining(missing));
    expect(missing).toEqual([expect.stringMatching(/^Backbone:ExportsOutputRefBackboneTopic/)]);
  });
});

describe.each(['us-east-1', 'eu-west-1'])('the edge of lanes in %s', (region) => {
  const stage = { ...preview, region, edge: preview.edge as DistributionEdge };
  const before = synthesize(stage);

  test('reads outputs, so that it can be removed and made again alone', () => {
    expect(importsOf(before.edge)).toEqual([]);
    expect(argumentsOf(before.edge, 'Fn::GetStackOutput').length).toBeGreaterThan(0);
  });

  test('changes with the definition of what it reads, in every resource that reads it, and is therefore deployed', () => {
    const after = synthesize(stage, ({ sse }) => {
      (sse.loadBalancer.node.defaultChild as CfnLoadBalancer).name = 'another';
    });
    const changed = Object.entries(after.edge?.['Resources'] as object).filter(
      ([id, resource]) => JSON.stringify(resource) !== JSON.stringify(before.edge?.['Resources'][id]),
    );
    const readers = Object.entries(after.edge?.['Resources'] as object).filter(([, { Properties }]) =>
      argumentsOf(Properties, 'Fn::GetStackOutput').some((output) =>
        (output as { OutputName: string }).OutputName.includes('LoadBalancer'),
      ),
    );
    expect(readers.length).toBeGreaterThan(0);
    expect(changed.map(([id]) => id)).toEqual(readers.map(([id]) => id));
  });

  test('changes with what that refers to', () => {
    const after = synthesize(stage, ({ backbone }) => {
      const [pool] = backbone.node.findAll().filter(CfnUserPool.isCfnUserPool);
      if (pool !== undefined) pool.aliasAttributes = ['phone_number'];
    });
    // The page of the console has the id of the client, whose pool it is.
    expect(after.edge).not.toEqual(before.edge);
  });

  test('stays as it is where the rest of a lane changes', () => {
    expect(synthesize({ ...stage, sse: { ...stage.sse, drainSeconds: 3 } }).edge).toEqual(before.edge);
  });
});
