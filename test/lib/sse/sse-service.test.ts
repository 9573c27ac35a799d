import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { METRICS, METRICS_NAMESPACE, TELEMETRY_ENV } from '../../../backbone/contract.ts';
import { parseConfig } from '../../../fargate/sse/config.ts';
import { dev, preview, prod } from '../fixed-stages.ts';
import { flatten } from '../harness.ts';
import { makeStack } from './stack.ts';

let devTemplate: Template;
let prodTemplate: Template;

beforeAll(() => {
  devTemplate = Template.fromStack(makeStack(dev, { websocket: 'wss://sockets.example/dev' }));
  prodTemplate = Template.fromStack(makeStack(prod));
});

describe('the service', () => {
  test('runs on arm64 in private subnets, with the size of the stage', () => {
    prodTemplate.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Cpu: '1024',
      Memory: '2048',
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
    });
    prodTemplate.hasResourceProperties('AWS::ECS::Service', {
      LaunchType: 'FARGATE',
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          AssignPublicIp: 'DISABLED',
          Subnets: [{ Ref: Match.stringLikeRegexp('tasksSubnet1') }, { Ref: Match.stringLikeRegexp('tasksSubnet2') }],
        },
      },
    });
  });

  test('has a way out of its subnets before its first task starts, and until the last has stopped', () => {
    const [service] = Object.values(prodTemplate.findResources('AWS::ECS::Service'));
    const ways = [
      ...Object.keys(prodTemplate.findResources('AWS::EC2::Route')),
      ...Object.keys(prodTemplate.findResources('AWS::EC2::SubnetRouteTableAssociation')),
    ].filter((id) => id.includes('tasksSubnet'));
    expect(ways).toHaveLength(4);
    expect(service?.['DependsOn']).toEqual(
      expect.arrayContaining([...ways, ...Object.keys(prodTemplate.findResources('AWS::EC2::VPCEndpoint'))]),
    );
  });

  test('without NAT, gives tasks public addresses that take connections from the load balancer alone', () => {
    const saving = Template.fromStack(makeStack({ ...preview, sse: { ...preview.sse, natGateways: 0 } }));
    saving.hasResourceProperties('AWS::ECS::Service', {
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          AssignPublicIp: 'ENABLED',
          Subnets: [{ Ref: Match.stringLikeRegexp('publicSubnet1') }, { Ref: Match.stringLikeRegexp('publicSubnet2') }],
        },
      },
    });
    const [service] = Object.values(saving.findResources('AWS::ECS::Service'));
    const id = service?.['Properties'].NetworkConfiguration.AwsvpcConfiguration.SecurityGroups[0]['Fn::GetAtt'][0];
    expect(saving.findResources('AWS::EC2::SecurityGroup')[id]?.['Properties']).not.toHaveProperty('SecurityGroupIngress');
    const openings = Object.values(saving.findResources('AWS::EC2::SecurityGroupIngress')).map(({ Properties }) => Properties);
    const ofTasks = openings.filter(({ GroupId }) => GroupId['Fn::GetAtt'][0] === id);
    expect(ofTasks).toEqual([
      expect.objectContaining({
        FromPort: 8080,
        ToPort: 8080,
        SourceSecurityGroupId: { 'Fn::GetAtt': [expect.stringMatching(/^FrontLoadBalancer/), 'GroupId'] },
      }),
    ]);
    expect(service?.['DependsOn']).toEqual(expect.arrayContaining(Object.keys(saving.findResources('AWS::EC2::Route'))));
    // The load balancer behind CloudFront is not among them.
    saving.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      Scheme: 'internal',
      Subnets: [{ Ref: Match.stringLikeRegexp('internalSubnet1') }, { Ref: Match.stringLikeRegexp('internalSubnet2') }],
    });
  });

  test('reports the load of its tasks unless the stage saves that', () => {
    const insights = (Value: string) => ({ ClusterSettings: [{ Name: 'containerInsights', Value }] });
    devTemplate.hasResourceProperties('AWS::ECS::Cluster', insights('enabled'));
    const saving = Template.fromStack(makeStack({ ...dev, sse: { ...dev.sse, containerInsights: false } }));
    saving.hasResourceProperties('AWS::ECS::Cluster', insights('disabled'));
  });

  test('gives its tasks the tags of the stack, by which a bill is split', () => {
    devTemplate.hasResourceProperties('AWS::ECS::Service', { PropagateTags: 'SERVICE' });
  });

  test('leaves its tasks where they are: one that is moved cuts its streams', () => {
    devTemplate.hasResourceProperties('AWS::ECS::Service', { AvailabilityZoneRebalancing: 'DISABLED' });
  });

  test('never has fewer healthy tasks than desired during a deploy, and rolls a failing one back', () => {
    devTemplate.hasResourceProperties('AWS::ECS::Service', {
      DeploymentConfiguration: {
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
      },
    });
  });

  test('has as many tasks as its streams need, within the bounds of the stage, and no count that a deploy would reset', () => {
    prodTemplate.hasResourceProperties('AWS::ECS::Service', { DesiredCount: Match.absent() });
    prodTemplate.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 3, MaxCapacity: 30 });
    prodTemplate.hasResourceProperties('AWS::ApplicationAutoScaling::ScalingPolicy', {
      PolicyType: 'TargetTrackingScaling',
      TargetTrackingScalingPolicyConfiguration: Match.objectLike({
        TargetValue: 13_000,
        CustomizedMetricSpecification: {
          Namespace: METRICS_NAMESPACE,
          MetricName: METRICS.openConnections,
          Dimensions: [
            { Name: 'lane', Value: 'sse' },
            { Name: 'stack', Value: serviceEnvironment(prodTemplate)[TELEMETRY_ENV.stack] },
          ],
          Statistic: 'Average',
        },
      }),
    });
  });

  test('has more tasks ahead of the peaks that the stage knows', () => {
    const sse = { ...dev.sse, scaling: { ...dev.sse.scaling, schedule: [{ cron: '30 7 ? * MON-FRI *', minTasks: 4 }] } };
    Template.fromStack(makeStack({ ...dev, sse })).hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', {
      ScheduledActions: [Match.objectLike({ Schedule: 'cron(30 7 ? * MON-FRI *)', ScalableTargetAction: { MinCapacity: 4 } })],
    });
  });

  test('runs without root and with a file system that it cannot write', () => {
    expect(container(devTemplate)).toMatchObject({ User: 'node', ReadonlyRootFilesystem: true });
  });

  test('may open as many sockets as the stage says, and is killed no earlier than it says', () => {
    expect(container(prodTemplate)).toMatchObject({
      Ulimits: [{ Name: 'nofile', SoftLimit: 65_535, HardLimit: 65_535 }],
      StopTimeout: 120,
    });
  });

  test('leaves the kernel little to keep for a client that does not read', () => {
    expect(container(prodTemplate)).toMatchObject({ SystemControls: [{ Namespace: 'net.ipv4.tcp_wmem', Value: '4096 16384 262144' }] });
  });

  test('is asked for life by ECS, and for readiness by the load balancer', () => {
    expect(container(devTemplate)).toMatchObject({ HealthCheck: { Command: ['CMD', 'bash', '-c', expect.stringContaining('/healthz')] } });
  });

  test.each([
    ['healthy', 200, 0],
    ['unhealthy', 503, 1],
    ['not listening', undefined, 1],
  ])('is probed without another Node process: %s', async (_, status, exit) => {
    const server = createServer((request, response) => response.writeHead(request.url === '/healthz' ? (status ?? 500) : 404).end());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    if (status === undefined) await new Promise((closed) => server.close(closed));
    const { HealthCheck } = container(devTemplate) as { HealthCheck: { Command: string[] } };
    const [, program, ...args] = HealthCheck.Command;
    const probe = spawn(
      program ?? '',
      args.map((arg) => arg.replace('/8080', `/${port}`)),
      { stdio: 'ignore' },
    );
    expect(program).not.toBe('node');
    expect((await once(probe, 'exit'))[0]).toBe(exit);
    server.close();
  });

  test('is reached by the load balancer only', () => {
    devTemplate.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      FromPort: 8080,
      ToPort: 8080,
      SourceSecurityGroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^FrontLoadBalancerSecurityGroup'), 'GroupId'] },
    });
    devTemplate.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
  });

  test('connects to port 443 and nothing else, from the security group that it has always had', () => {
    for (const template of [devTemplate, prodTemplate]) {
      const groups = template.findResources('AWS::EC2::SecurityGroup');
      expect(groups['ServiceSecurityGroupEEA09B68']?.['Properties'].SecurityGroupEgress).toEqual([
        { CidrIp: '0.0.0.0/0', IpProtocol: 'tcp', FromPort: 443, ToPort: 443, Description: expect.any(String) },
      ]);
    }
  });

  test('no security group allows all outgoing traffic', () => {
    for (const template of [devTemplate, prodTemplate]) {
      const egress = [
        ...Object.values(template.findResources('AWS::EC2::SecurityGroup')).flatMap(
          ({ Properties }) => Properties.SecurityGroupEgress ?? [],
        ),
        ...Object.values(template.findResources('AWS::EC2::SecurityGroupEgress')).map(({ Properties }) => Properties),
      ];
      expect(egress.map(({ IpProtocol, FromPort, ToPort }) => [IpProtocol, FromPort, ToPort]).sort()).toEqual([
        ['tcp', 443, 443],
        ['tcp', 8080, 8080],
      ]);
    }
  });

  test('gets everything that it needs', () => {
    const { LANES_SETTINGS: settings = '', ...variables } = serviceEnvironment(devTemplate);
    expect(JSON.parse(settings)).toEqual({
      memoryMb: 512,
      maxStreams: 2_000,
      maxStreamsPerPrincipal: 1_999,
      maxPublishesPerSecond: 5_000,
      maxUnsentBytes: 1_048_576,
      heartbeatIntervalMs: 15_000,
      headCheckIntervalMs: 30_000,
      retryMinMs: 1_000,
      retryMaxMs: 5_000,
      keepAliveSeconds: 75,
      drainSeconds: 5,
      targetHealthIntervalSeconds: 60,
      queryToken: true,
      origins: ['http://localhost:5173'],
      channels: [
        { match: 'latest.*', kind: 'latest' },
        { match: 'ephemeral.*', kind: 'ephemeral' },
      ],
      retentionMs: 24 * 3_600_000,
      gapGraceMs: 5_000,
      publishTimeoutMs: 2_000,
    });
    expect(variables).toEqual({
      HOST: '0.0.0.0',
      PORT: '8080',
      POWERTOOLS_SERVICE_NAME: 'Sse',
      LANES_TARGET_GROUP_ARN: expect.stringMatching(/^<FrontTasks\w+>$/),
      LANES_CONSOLE_CONFIG: expect.stringMatching(
        /^{"websocket":"wss:\/\/sockets\.example\/dev","signIn":{"issuer":"<.+>","clientId":"<.+>"}}$/,
      ),
      LANES_TOKEN_ISSUER: expect.stringMatching(/^<.+ProviderURL\w+>$/),
      LANES_TOKEN_AUDIENCE: expect.stringMatching(/^<.+Client\w+>$/),
      LANES_TOKEN_JWKS_URI: expect.stringMatching(/^<.+ProviderURL\w+>\/\.well-known\/jwks\.json$/),
      LANES_LOG_TABLE: expect.any(String),
      LANES_PRESENCE_TABLE: expect.any(String),
      LANES_TOPIC_ARN: expect.any(String),
      LANES_TASK_QUEUE_PREFIX: 'Sse_',
      LANES_TASK_QUEUE_TAGS: '{"lane":"sse"}',
    });
  });

  test('finds everything in its environment that it reads', () => {
    // ECS adds this one.
    const issuer = { url: 'https://issuer.example.com', audience: 'lanes', jwksUri: 'https://issuer.example.com/keys' };
    const template = Template.fromStack(makeStack({ ...prod, auth: { ...prod.auth, issuer } }));
    const environment = { ...serviceEnvironment(template), ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/1' };
    expect(() => parseConfig(environment)).not.toThrow();
  });

  test('has no console where the stage has none', () => {
    expect(serviceEnvironment(prodTemplate)).toMatchObject({ LANES_CONSOLE_CONFIG: '' });
  });

  test('has a console without the WebSocket lane where that lane is not deployed', () => {
    expect(serviceEnvironment(Template.fromStack(makeStack(dev)))).toMatchObject({
      LANES_CONSOLE_CONFIG: expect.stringMatching(/^{"signIn":/),
    });
  });
});

function container(template: Template): Readonly<Record<string, unknown>> {
  const [definition] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
  return definition?.['Properties'].ContainerDefinitions[0];
}

function serviceEnvironment(template: Template): Readonly<Record<string, string>> {
  const variables = container(template)['Environment'] as { Name: string; Value: unknown }[];
  return Object.fromEntries(variables.map(({ Name, Value }) => [Name, flatten(Value)]));
}
