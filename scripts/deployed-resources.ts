/** What the planner bills of a stage, counted in the templates: `packages/planner/src/data/deployed.json` is written from it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import type { DeployedService, DeployedStack, DeployedStage } from '../packages/planner/src/deployed.ts';

export const DEPLOYED_FILE = join(import.meta.dirname, '..', 'packages', 'planner', 'src', 'data', 'deployed.json');

export const COST_PAGE = join(import.meta.dirname, '..', 'docs', 'cost.md');

/** A template has the shapes that CloudFormation documents, and the readers below name its keys. */
type Resource = ReturnType<Template['findResources']>[string];

/** A stage, of which some settings matter that templates do not show. */
type StageSettings = Readonly<Record<string, unknown>> & { readonly id: string };

/** Of all stacks of an assembly, by the last part of their names: `LanesDevSse` is `Sse`. */
export function deployedIn(assemblyDir: string, stage: StageSettings): DeployedStage {
  const prefix = new RegExp(`^.*${stage.id.charAt(0).toUpperCase()}${stage.id.slice(1)}(?=[A-Z])`);
  const stacks = readdirSync(assemblyDir)
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => {
      const { Resources } = JSON.parse(readFileSync(join(assemblyDir, name), 'utf8'));
      return [name.replace('.template.json', '').replace(prefix, ''), countResources(Resources, stage)] as const;
    });
  return Object.fromEntries(stacks.sort(([a], [b]) => a.localeCompare(b)));
}

/** @param resources of one template, by logical id */
export function countResources(resources: Readonly<Record<string, Resource>>, stage: StageSettings): DeployedStack {
  const all = Object.values(resources);
  const propertiesOf = (type: string) => all.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
  const count = (type: string) => propertiesOf(type).length;
  const sum = (type: string, of: (properties: Resource['Properties']) => number) =>
    propertiesOf(type).reduce((total, properties) => total + of(properties), 0);

  const publicBalancers = propertiesOf('AWS::ElasticLoadBalancingV2::LoadBalancer').filter(({ Scheme }) => Scheme === 'internet-facing');
  const [, fanOut] = Object.entries(resources).find(([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith('FanOut')) ?? [];
  const [apiStage] = propertiesOf('AWS::ApiGatewayV2::Stage');

  return {
    natGateways: count('AWS::EC2::NatGateway'),
    zones: new Set(propertiesOf('AWS::EC2::Subnet').map(({ AvailabilityZone }) => JSON.stringify(AvailabilityZone))).size,
    // A load balancer that faces the internet has one in each zone.
    publicAddresses: count('AWS::EC2::EIP') + publicBalancers.reduce((total, { Subnets }) => total + Subnets.length, 0),
    interfaceEndpoints: propertiesOf('AWS::EC2::VPCEndpoint').filter(({ VpcEndpointType }) => VpcEndpointType === 'Interface').length,
    loadBalancers: count('AWS::ElasticLoadBalancingV2::LoadBalancer'),
    webAcls: count('AWS::WAFv2::WebACL'),
    webAclRules: sum('AWS::WAFv2::WebACL', ({ Rules }) => Rules.length),
    distributions: count('AWS::CloudFront::Distribution'),
    containerInsights: propertiesOf('AWS::ECS::Cluster').some(({ ClusterSettings = [] }) =>
      ClusterSettings.some(({ Name, Value }: Record<string, string>) => Name === 'containerInsights' && Value !== 'disabled'),
    ),
    // Of an alarm on an expression, every metric in it is billed.
    alarmMetrics: sum(
      'AWS::CloudWatch::Alarm',
      ({ Metrics }) => Metrics?.filter(({ MetricStat }: Resource['Properties']) => MetricStat).length ?? 1,
    ),
    // Target tracking makes one alarm to add tasks, and one to remove them.
    scalingAlarms: 2 * count('AWS::ApplicationAutoScaling::ScalingPolicy'),
    keys: count('AWS::KMS::Key'),
    queuesPolledByLambda: count('AWS::Lambda::EventSourceMapping'),
    scheduledRunsPerHour: sum('AWS::Events::Rule', ({ ScheduleExpression = '' }) => runsPerHour(ScheduleExpression)),
    recoverableTables: propertiesOf('AWS::DynamoDB::GlobalTable').filter(({ Replicas }) =>
      Replicas.some(({ PointInTimeRecoverySpecification: recovery }: Resource['Properties']) => recovery?.PointInTimeRecoveryEnabled),
    ).length,
    ...(fanOut !== undefined && {
      fanOut: {
        memoryMb: fanOut['Properties'].MemorySize,
        postConcurrency: setting(stage, 'websocket.fanOut.postConcurrency'),
        maxConcurrency: Math.max(
          ...propertiesOf('AWS::Lambda::EventSourceMapping').map(({ ScalingConfig }) => ScalingConfig.MaximumConcurrency),
        ),
      },
    }),
    ...(apiStage !== undefined && {
      requestsPerSecond: apiStage.DefaultRouteSettings.ThrottlingRateLimit,
      detailedMetrics: apiStage.DefaultRouteSettings.DetailedMetricsEnabled === true,
    }),
    ...(count('AWS::ECS::Service') > 0 && { service: serviceIn(propertiesOf, stage) }),
  };
}

function serviceIn(propertiesOf: (type: string) => readonly Resource['Properties'][], stage: StageSettings): DeployedService {
  const [task] = propertiesOf('AWS::ECS::TaskDefinition');
  const [service] = propertiesOf('AWS::ECS::Service');
  const [target] = propertiesOf('AWS::ApplicationAutoScaling::ScalableTarget');
  const [policy] = propertiesOf('AWS::ApplicationAutoScaling::ScalingPolicy');
  return {
    vcpus: Number(task.Cpu) / 1_024,
    memoryGb: Number(task.Memory) / 1_024,
    publicAddress: service.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp === 'ENABLED',
    minTasks: target.MinCapacity,
    maxTasks: target.MaxCapacity,
    targetStreams: policy.TargetTrackingScalingPolicyConfiguration.TargetValue,
    maxStreams: setting(stage, 'sse.task.maxStreams'),
    heartbeatSeconds: setting(stage, 'sse.heartbeatIntervalMs') / 1_000,
    headCheckSeconds: setting(stage, 'sse.headCheckIntervalMs') / 1_000,
    targetHealthSeconds: setting(stage, 'sse.targetHealthIntervalSeconds'),
  };
}

function setting(stage: StageSettings, path: string): number {
  const value = path.split('.').reduce<unknown>((at, key) => (at as Readonly<Record<string, unknown>> | undefined)?.[key], stage);
  if (typeof value === 'number') return value;
  throw new Error(`stage ${stage.id} has no number ${path}: name the setting's new place in scripts/deployed-resources.ts`);
}

function runsPerHour(schedule: string): number {
  const [, every, unit] = /^rate\((\d+) (minute|hour)s?\)$/.exec(schedule) ?? [];
  return every === undefined ? 0 : (unit === 'hour' ? 1 : 60) / Number(every);
}

/** Nobody plans for an emulator. */
export const isPlanned = ({ id }: StageSettings): boolean => id !== 'verify';

export const renderDeployed = (stages: Readonly<Record<string, DeployedStage>>): string => `${JSON.stringify(stages, undefined, 2)}\n`;
