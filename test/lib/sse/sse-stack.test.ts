import { beforeAll, describe, expect, test } from '@jest/globals';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { parseConfig } from '../../../fargate/config.ts';
import type { Stage } from '../../../lib/config.ts';
import { SseStack } from '../../../lib/sse/sse-stack.ts';
import { dev } from '../../../lib/stages/dev.ts';
import { prod } from '../../../lib/stages/prod.ts';
import { allowances, allowedTo, environmentOf, flatten, testApp, testBackbone } from '../harness.ts';

let devStack: SseStack;
let devTemplate: Template;
let prodTemplate: Template;

function makeStack(stage: Stage, webSocketUrl?: string): SseStack {
  const app = testApp();
  const backbone = testBackbone(stage, app);
  return new SseStack(app, 'Sse', { env: { region: stage.region }, stage, backbone, webSocketUrl });
}

/** Shortens the names of resources, and leaves out the log groups. */
const readable = (lines: readonly string[]) =>
  lines
    .filter((line) => !line.startsWith('logs:'))
    .map((line) => line.replace(/<Backbone:PublishOutput(FnGetAtt|Ref)([A-Za-z]+?)[0-9A-F]{8}(Arn)?[0-9A-F]{8}>/, '<$2>'));

const TASK_QUEUES = 'arn:aws:sqs:us-east-1:<AWS::AccountId>:Sse_*';

beforeAll(() => {
  devStack = makeStack(dev, 'wss://sockets.example/dev');
  devTemplate = Template.fromStack(devStack);
  prodTemplate = Template.fromStack(makeStack(prod));
});

describe('who may do what', () => {
  test('a task makes, reads and removes queues of its own prefix, subscribes, reads and publishes, and nothing else', () => {
    expect(readable(allowedTo(devTemplate, 'ServiceTaskTaskRole'))).toEqual([
      'dynamodb:BatchGetItem <BackboneLogTable>',
      'dynamodb:GetItem <BackboneLogTable>',
      'dynamodb:PutItem <BackboneLogTable>',
      'dynamodb:Query <BackboneLogTable>',
      'dynamodb:UpdateItem <BackboneLogTable>',
      'kms:Decrypt <BackboneTopicKey>',
      'kms:GenerateDataKey <BackboneTopicKey>',
      'sns:Publish <BackboneTopic>',
      'sns:Subscribe <BackboneTopic>',
      'sns:Unsubscribe <BackboneTopic>',
      `sqs:CreateQueue ${TASK_QUEUES}`,
      `sqs:DeleteMessage ${TASK_QUEUES}`,
      `sqs:DeleteQueue ${TASK_QUEUES}`,
      `sqs:ReceiveMessage ${TASK_QUEUES}`,
      `sqs:TagQueue ${TASK_QUEUES}`,
    ]);
  });

  test('a task subscribes queues of its own prefix to the topic, and nothing else', () => {
    const [subscribing, ...others] = allowances(devTemplate).filter(({ actions }) => actions.includes('sns:Subscribe'));
    expect(others).toEqual([]);
    expect(subscribing?.condition).toEqual({
      StringEquals: { 'sns:Protocol': 'sqs' },
      StringLike: { 'sns:Endpoint': { 'Fn::Join': ['', ['arn:aws:sqs:us-east-1:', { Ref: 'AWS::AccountId' }, ':Sse_*']] } },
    });
  });

  test('the cleaner of a stopped task removes queues of the prefix and their subscriptions, and nothing else', () => {
    const lines = readable(allowedTo(devTemplate, 'CleanersTaskStopped')).filter((line) => !/<CleanersDeadLetters/.test(line));
    expect(lines).toEqual([
      'sns:ListSubscriptionsByTopic <BackboneTopic>',
      'sns:Unsubscribe <BackboneTopic>',
      `sqs:DeleteQueue ${TASK_QUEUES}`,
      `sqs:GetQueueUrl ${TASK_QUEUES}`,
      `sqs:ListQueueTags ${TASK_QUEUES}`,
    ]);
  });

  test('the sweep may list queues, and tasks of the one cluster, besides', () => {
    const lines = readable(allowedTo(devTemplate, 'CleanersSweep')).filter((line) => !/<CleanersDeadLetters/.test(line));
    expect(lines).toEqual([
      expect.stringMatching(/^ecs:DescribeTasks arn:aws:ecs:us-east-1:<AWS::AccountId>:task\/<ServiceCluster\w+>\/\*$/),
      'ecs:ListTasks *',
      'sns:ListSubscriptionsByTopic <BackboneTopic>',
      'sns:Unsubscribe <BackboneTopic>',
      `sqs:DeleteQueue ${TASK_QUEUES}`,
      `sqs:GetQueueAttributes ${TASK_QUEUES}`,
      `sqs:GetQueueUrl ${TASK_QUEUES}`,
      `sqs:ListQueueTags ${TASK_QUEUES}`,
      'sqs:ListQueues *',
    ]);
    const [listTasks] = allowances(devTemplate).filter(({ actions }) => actions.includes('ecs:ListTasks'));
    expect(listTasks?.condition).toEqual({
      ArnEquals: { 'ecs:cluster': { 'Fn::GetAtt': [expect.stringMatching(/^ServiceCluster/), 'Arn'] } },
    });
  });
});

describe('the network', () => {
  test('spans two zones, with a public and a private subnet in each', () => {
    devTemplate.resourceCountIs('AWS::EC2::Subnet', 4);
    devTemplate.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
  });

  test('has as many NAT gateways as the stage pays for', () => {
    devTemplate.resourceCountIs('AWS::EC2::NatGateway', 1);
    prodTemplate.resourceCountIs('AWS::EC2::NatGateway', 2);
  });

  test('reaches DynamoDB and S3 without the NAT gateway', () => {
    const services = Object.values(devTemplate.findResources('AWS::EC2::VPCEndpoint')).map(({ Properties }) =>
      flatten(Properties.ServiceName),
    );
    expect(services.sort()).toEqual(['com.amazonaws.<AWS::Region>.dynamodb', 'com.amazonaws.<AWS::Region>.s3']);
  });

  test('needs no function of its own', () => {
    devTemplate.resourceCountIs('Custom::VpcRestrictDefaultSG', 0);
  });

  test('logs what it refuses', () => {
    devTemplate.hasResourceProperties('AWS::EC2::FlowLog', { TrafficType: 'REJECT', LogDestinationType: 'cloud-watch-logs' });
  });
});

describe('the load balancer', () => {
  test('speaks HTTP/2 and TLS 1.3 on 443, with the certificate of the stage', () => {
    devTemplate.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 443,
      Protocol: 'HTTPS',
      SslPolicy: Match.stringLikeRegexp('^ELBSecurityPolicy-TLS13-1-2-Res'),
      Certificates: [{ CertificateArn: dev.sse.certificateArn }],
      DefaultActions: [Match.objectLike({ Type: 'forward' })],
    });
    expect(loadBalancerAttributes(devTemplate)).toMatchObject({ 'routing.http2.enabled': 'true' });
  });

  test('redirects plain HTTP in production, and forwards it in development', () => {
    const plain = (DefaultActions: unknown[]) => ({ Port: 80, Protocol: 'HTTP', DefaultActions });
    prodTemplate.hasResourceProperties(
      'AWS::ElasticLoadBalancingV2::Listener',
      plain([{ Type: 'redirect', RedirectConfig: { Protocol: 'HTTPS', Port: '443', StatusCode: 'HTTP_301' } }]),
    );
    devTemplate.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', plain([Match.objectLike({ Type: 'forward' })]));
  });

  test('allows the silence that the stage says, drops headers that are none, and logs accesses', () => {
    expect(loadBalancerAttributes(devTemplate)).toMatchObject({
      'idle_timeout.timeout_seconds': '60',
      'routing.http.drop_invalid_header_fields.enabled': 'true',
      'access_logs.s3.enabled': 'true',
    });
  });

  test('cannot be deleted by accident in production', () => {
    expect(loadBalancerAttributes(prodTemplate)).toMatchObject({ 'deletion_protection.enabled': 'true' });
    expect(loadBalancerAttributes(devTemplate)).toMatchObject({ 'deletion_protection.enabled': 'false' });
  });

  test('keeps access logs encrypted and private, for as long as other logs, in a bucket that outlives the stack', () => {
    prodTemplate.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      Properties: {
        BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 90, Status: 'Enabled' })] },
      },
    });
  });

  test('speaks HTTP/1.1 to the tasks, since a target group of HTTP/2 answers HTTP/1.1 clients with 464', () => {
    devTemplate.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      Protocol: 'HTTP',
      ProtocolVersion: 'HTTP1',
      Port: 8080,
      TargetType: 'ip',
      HealthCheckPath: '/readyz',
    });
  });

  test('balances by open streams, without the slow start that does not go with it, and waits for a drain', () => {
    expect(attributes(prodTemplate, 'AWS::ElasticLoadBalancingV2::TargetGroup', 'TargetGroupAttributes')).toMatchObject({
      'load_balancing.algorithm.type': 'least_outstanding_requests',
      'deregistration_delay.timeout_seconds': '90',
    });
    expect(attributes(prodTemplate, 'AWS::ElasticLoadBalancingV2::TargetGroup', 'TargetGroupAttributes')).not.toHaveProperty(
      'slow_start.duration_seconds',
    );
  });
});

describe('the service', () => {
  test('runs on arm64 in private subnets, with the size and the number of tasks of the stage', () => {
    prodTemplate.hasResourceProperties('AWS::ECS::TaskDefinition', {
      Cpu: '1024',
      Memory: '2048',
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
    });
    prodTemplate.hasResourceProperties('AWS::ECS::Service', {
      LaunchType: 'FARGATE',
      DesiredCount: 3,
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          AssignPublicIp: 'DISABLED',
          Subnets: [{ Ref: Match.stringLikeRegexp('tasksSubnet1') }, { Ref: Match.stringLikeRegexp('tasksSubnet2') }],
        },
      },
    });
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

  test('runs without root and with a file system that it cannot write', () => {
    expect(container(devTemplate)).toMatchObject({ User: 'node', ReadonlyRootFilesystem: true });
  });

  test('may open as many sockets as the stage says, and is killed no earlier than it says', () => {
    expect(container(prodTemplate)).toMatchObject({
      Ulimits: [{ Name: 'nofile', SoftLimit: 65_535, HardLimit: 65_535 }],
      StopTimeout: 120,
    });
  });

  test('is asked for life by ECS, and for readiness by the load balancer', () => {
    expect(container(devTemplate)).toMatchObject({ HealthCheck: { Command: ['CMD', 'node', '-e', expect.stringContaining('/healthz')] } });
  });

  test('is reached by the load balancer only', () => {
    devTemplate.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      FromPort: 8080,
      ToPort: 8080,
      SourceSecurityGroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^FrontLoadBalancerSecurityGroup'), 'GroupId'] },
    });
    devTemplate.resourceCountIs('AWS::EC2::SecurityGroupIngress', 1);
  });

  test('is told everything that it needs', () => {
    expect(serviceEnvironment(devTemplate)).toEqual({
      HOST: '0.0.0.0',
      PORT: '8080',
      LANES_HEARTBEAT_INTERVAL_MS: '15000',
      LANES_HEAD_CHECK_INTERVAL_MS: '30000',
      LANES_RETRY_MIN_MS: '1000',
      LANES_RETRY_MAX_MS: '5000',
      LANES_MAX_STREAMS: '2000',
      LANES_MAX_UNSENT_BYTES: '1048576',
      LANES_DRAIN_MS: '5000',
      LANES_KEEP_ALIVE_MS: '75000',
      LANES_CONSOLE_CONFIG: '{"websocket":"wss://sockets.example/dev"}',
      LANES_LOG_TABLE: expect.any(String),
      LANES_RETENTION_MS: String(24 * 3_600_000),
      LANES_HOLE_GRACE_MS: '5000',
      LANES_TOPIC_ARN: expect.any(String),
      LANES_PUBLISH_TIMEOUT_MS: '2000',
      LANES_TASK_QUEUE_PREFIX: 'Sse_',
    });
  });

  test('finds in its environment all that it reads from it', () => {
    // ECS adds this one.
    const environment = { ...serviceEnvironment(prodTemplate), ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/1' };
    expect(() => parseConfig(environment)).not.toThrow();
  });

  test('has no console where the stage has none', () => {
    expect(serviceEnvironment(prodTemplate)).toMatchObject({ LANES_CONSOLE_CONFIG: '' });
  });

  test('has a console without the WebSocket lane where that lane is not deployed', () => {
    expect(serviceEnvironment(Template.fromStack(makeStack(dev)))).toMatchObject({ LANES_CONSOLE_CONFIG: '{}' });
  });
});

describe('the cleaners of task queues', () => {
  test('act on a stopped task of this service in this cluster, and on no other', () => {
    devTemplate.hasResourceProperties('AWS::Events::Rule', {
      EventPattern: {
        source: ['aws.ecs'],
        'detail-type': ['ECS Task State Change'],
        detail: {
          clusterArn: [{ 'Fn::GetAtt': [Match.stringLikeRegexp('^ServiceCluster'), 'Arn'] }],
          group: [{ 'Fn::Join': ['', ['service:', { 'Fn::GetAtt': [Match.stringLikeRegexp('^Service'), 'Name'] }]] }],
          lastStatus: ['STOPPED'],
        },
      },
      Targets: [
        Match.objectLike({
          Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^CleanersTaskStopped'), 'Arn'] },
          DeadLetterConfig: { Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^CleanersDeadLetters'), 'Arn'] } },
        }),
      ],
    });
  });

  test('sweep at the interval of the stage', () => {
    devTemplate.hasResourceProperties('AWS::Events::Rule', {
      ScheduleExpression: 'rate(15 minutes)',
      Targets: [Match.objectLike({ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^CleanersSweep'), 'Arn'] } })],
    });
  });

  test('know the prefix and the topic, and the sweep the cluster', () => {
    const common = { LANES_TASK_QUEUE_PREFIX: 'Sse_', LANES_TOPIC_ARN: expect.any(String) };
    expect(environmentOf(devTemplate, 'CleanersTaskStoppedFunction')).toMatchObject(common);
    expect(environmentOf(devTemplate, 'CleanersSweepFunction')).toMatchObject({
      ...common,
      LANES_CLUSTER_ARN: expect.stringMatching(/^<ServiceCluster\w+\.Arn>$/),
    });
  });

  test('raise an alarm when the sweep finds a queue without its task', () => {
    devTemplate.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'RealtimeLanes',
      MetricName: 'OrphanedQueues',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: Match.stringLikeRegexp('^CleanersSweepFunction') } }],
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
    });
  });

  test('put what they fail on into a dead-letter queue with an alarm', () => {
    const queue = Match.stringLikeRegexp('^CleanersDeadLetters');
    devTemplate.resourcePropertiesCountIs(
      'AWS::Lambda::EventInvokeConfig',
      { DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queue, 'Arn'] } } } },
      2,
    );
    devTemplate.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': [queue, 'QueueName'] } }],
    });
  });
});

test('synth says in one line what to set before deploying, and in which file', () => {
  expect(Annotations.fromStack(devStack).findInfo('*', Match.anyValue())).toEqual([
    expect.objectContaining({
      entry: expect.objectContaining({
        data: 'Before deploying, set sse.domainName and sse.certificateArn in lib/stages/dev.ts: they hold examples.',
      }),
    }),
  ]);
});

test('synth says nothing once a certificate is set', () => {
  const certificateArn = dev.sse.certificateArn.replace('111122223333', '210987654321');
  const stack = makeStack({ ...dev, sse: { ...dev.sse, certificateArn } });
  expect(Annotations.fromStack(stack).findInfo('*', Match.anyValue())).toEqual([]);
});

test('the stack answers with its URLs, and with what DNS is to point at', () => {
  devTemplate.hasOutput('HttpsUrl', { Value: 'https://lanes-dev.example.com' });
  devTemplate.hasOutput('HttpUrl', {});
  devTemplate.hasOutput('LoadBalancerDnsName', { Value: { 'Fn::GetAtt': [Match.stringLikeRegexp('^FrontLoadBalancer'), 'DNSName'] } });
  expect(prodTemplate.findOutputs('HttpUrl')).toEqual({});
});

function attributes(template: Template, type: string, property: string): Readonly<Record<string, string>> {
  const [resource, ...others] = Object.values(template.findResources(type));
  expect(others).toEqual([]);
  const pairs: { Key: string; Value: string }[] = resource?.['Properties'][property];
  return Object.fromEntries(pairs.map(({ Key, Value }) => [Key, Value]));
}

function loadBalancerAttributes(template: Template): Readonly<Record<string, string>> {
  return attributes(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer', 'LoadBalancerAttributes');
}

function container(template: Template): Readonly<Record<string, unknown>> {
  const [definition] = Object.values(template.findResources('AWS::ECS::TaskDefinition'));
  return definition?.['Properties'].ContainerDefinitions[0];
}

function serviceEnvironment(template: Template): Readonly<Record<string, string>> {
  const variables = container(template)['Environment'] as { Name: string; Value: unknown }[];
  return Object.fromEntries(variables.map(({ Name, Value }) => [Name, flatten(Value)]));
}
