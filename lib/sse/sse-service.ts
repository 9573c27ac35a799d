import { Annotations, Duration, Stack } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { CfnSecurityGroup, ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { ContainerDefinition, ContainerImage, ICluster } from 'aws-cdk-lib/aws-ecs';
import {
  AlarmBehavior,
  AlternateTarget,
  Cluster,
  ContainerInsights,
  CpuArchitecture,
  DeploymentStrategy,
  FargateService,
  FargateTaskDefinition,
  ListenerRuleConfiguration,
  LogDriver,
  OperatingSystemFamily,
  UlimitName,
} from 'aws-cdk-lib/aws-ecs';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { METRICS, TELEMETRY_ENV } from '../../backbone/contract.ts';
import { SSE_ENV, SSE_PATHS } from '../../fargate/sse/contract.ts';
import { acknowledge } from '../acknowledgements.ts';
import type { Configurable } from '../lane-function.ts';
import { LaneLogGroup } from '../lane-log-group.ts';
import { laneMetric } from '../observability/lane-metric.ts';
import { TASK_SUBNETS } from './network.ts';
import type { Canary } from './sse-load-balancer.ts';

/** Port on which a task listens. */
export const SERVICE_PORT = 8080;

export interface SseServiceProps {
  readonly vpc: IVpc;
  readonly image: ContainerImage;
  readonly targetGroup: ApplicationTargetGroup;
  /** @default - tasks are replaced one after the other */
  readonly canary?: Canary | undefined;
  readonly task: SseTaskProps;
  readonly scaling: SseScalingProps;
  readonly heartbeatIntervalMs: number;
  readonly headCheckIntervalMs: number;
  /** How long a task keeps an idle connection open. Above the idle timeout of the load balancer. */
  readonly keepAliveSeconds: number;
  /** Streams are told to reconnect after a random time in this range. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
  /** How long a task that leaves takes to close its streams. Below `stopTimeoutSeconds`. */
  readonly drainSeconds: number;
  /** A task looks at least this often whether the load balancer lets it go. */
  readonly targetHealthIntervalSeconds: number;
  /** From SIGTERM to SIGKILL, at most 120 s. */
  readonly stopTimeoutSeconds: number;
  /** JSON for the console. @default '' - the service has no console */
  readonly consoleConfig?: string;
  readonly logRetention: RetentionDays;
}

export interface SseScalingProps {
  readonly minTasks: number;
  readonly maxTasks: number;
  /** Open streams per task, on average, that are held by adding and removing tasks. */
  readonly targetStreamsPerTask: number;
  /** From when on there are at least so many tasks. `cron` has six fields, in UTC. */
  readonly schedule: readonly { readonly cron: string; readonly minTasks: number }[];
}

export interface SseTaskProps {
  /** 1024 is one vCPU. */
  readonly cpu: number;
  readonly memoryMb: number;
  /** Streams that one task takes. */
  readonly maxStreams: number;
  /** Streams that one principal may have on one task. */
  readonly maxStreamsPerPrincipal: number;
  /** Events a second that one principal may publish through one task. */
  readonly maxPublishesPerSecond: number;
  /** Unsent bytes at which a slow reader is closed. */
  readonly maxUnsentBytes: number;
  /** Open files and sockets that a task may have. Above `maxStreams`. */
  readonly openFiles: number;
}

/**
 * What the kernel keeps for a client that does not read: 256 KiB a socket at most, instead of 4 MiB. It counts as the task's
 * memory, and a process cannot limit it by itself. Fargate takes it from platform version 1.4.0 on (API reference of `SystemControl`, 2026-11).
 */
const SEND_BUFFERS = { namespace: 'net.ipv4.tcp_wmem', value: '4096 16384 262144' };

/** The Fargate service of the SSE lane: long-lived tasks that each hold many streams. */
export class SseService extends Construct implements Configurable {
  readonly cluster: ICluster;
  readonly taskDefinition: FargateTaskDefinition;
  readonly container: ContainerDefinition;
  readonly service: FargateService;
  readonly logGroup: LaneLogGroup;
  readonly grantPrincipal: IRole;

  constructor(scope: Construct, id: string, props: SseServiceProps) {
    super(scope, id);
    const { task } = props;
    // The CDK's classes do not satisfy their own interfaces under exactOptionalPropertyTypes, hence `as`.
    this.cluster = new Cluster(this, 'Cluster', { vpc: props.vpc, containerInsightsV2: ContainerInsights.ENABLED }) as ICluster;
    this.logGroup = new LaneLogGroup(this, 'Log', { retention: props.logRetention });
    this.taskDefinition = new FargateTaskDefinition(this, 'Task', {
      cpu: task.cpu,
      memoryLimitMiB: task.memoryMb,
      runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64, operatingSystemFamily: OperatingSystemFamily.LINUX },
    });
    this.grantPrincipal = this.taskDefinition.taskRole;
    this.container = this.taskDefinition.addContainer('Service', {
      image: props.image,
      // The one container may have all that the task has.
      memoryLimitMiB: task.memoryMb,
      portMappings: [{ containerPort: SERVICE_PORT }],
      logging: LogDriver.awsLogs({ streamPrefix: 'sse', logGroup: this.logGroup }),
      readonlyRootFilesystem: true,
      user: 'node',
      systemControls: [SEND_BUFFERS],
      stopTimeout: Duration.seconds(props.stopTimeoutSeconds),
      healthCheck: {
        // The image has no curl. A task that only drains is healthy: the load balancer asks for readiness, ECS for life.
        command: ['CMD', 'node', '-e', probe(`http://127.0.0.1:${SERVICE_PORT}${SSE_PATHS.health}`)],
        interval: Duration.seconds(15),
        timeout: Duration.seconds(5),
        retries: 3,
        startPeriod: Duration.seconds(30),
      },
      environment: {
        [SSE_ENV.host]: '0.0.0.0',
        [SSE_ENV.port]: String(SERVICE_PORT),
        [SSE_ENV.heartbeatIntervalMs]: String(props.heartbeatIntervalMs),
        [SSE_ENV.headCheckIntervalMs]: String(props.headCheckIntervalMs),
        [SSE_ENV.retryMinMs]: String(props.retryMinMs),
        [SSE_ENV.retryMaxMs]: String(props.retryMaxMs),
        [SSE_ENV.memoryMiB]: String(task.memoryMb),
        [SSE_ENV.maxStreams]: String(task.maxStreams),
        [SSE_ENV.maxStreamsPerPrincipal]: String(task.maxStreamsPerPrincipal),
        [SSE_ENV.maxPublishesPerSecond]: String(task.maxPublishesPerSecond),
        [SSE_ENV.maxUnsentBytes]: String(task.maxUnsentBytes),
        [SSE_ENV.drainMs]: String(props.drainSeconds * 1_000),
        [SSE_ENV.targetHealthIntervalMs]: String(props.targetHealthIntervalSeconds * 1_000),
        [SSE_ENV.keepAliveMs]: String(props.keepAliveSeconds * 1_000),
        [TELEMETRY_ENV.stack]: Stack.of(this).stackName,
        [SSE_ENV.consoleConfig]: props.consoleConfig ?? '',
      },
    });
    acknowledge(
      this.taskDefinition,
      'The environment holds names, ARNs and limits, and no secret: the service authenticates with its task role.',
      'AwsSolutions-ECS2',
    );
    acknowledge(
      this.taskDefinition.obtainExecutionRole(),
      'ecr:GetAuthorizationToken knows no resource. Pulling is allowed from the one repository of the image.',
      'AwsSolutions-IAM5[Resource::*]',
    );
    this.container.addUlimits({ name: UlimitName.NOFILE, softLimit: task.openFiles, hardLimit: task.openFiles });
    this.service = new FargateService(this, 'Service', {
      cluster: this.cluster,
      taskDefinition: this.taskDefinition,
      // No desired count: autoscaling has it, and a deploy would set it back.
      vpcSubnets: TASK_SUBNETS,
      assignPublicIp: false,
      ...(props.canary === undefined ? ROLLING : canaryStrategy(props.canary)),
      // A deploy starts the new tasks first: streams that are cut find room at once.
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      healthCheckGracePeriod: Duration.seconds(60),
    });
    for (const group of this.service.connections.securityGroups) allowHttpsOut(group);
    if (props.canary === undefined) this.service.attachToApplicationTargetGroup(props.targetGroup);
    else this.attachToBoth(props.targetGroup, props.canary);
    this.scale(props.scaling);
  }

  private attachToBoth(targetGroup: ApplicationTargetGroup, { alternate, rule }: Canary): void {
    const target = this.service.loadBalancerTarget({
      containerName: this.container.containerName,
      containerPort: SERVICE_PORT,
      alternateTarget: new AlternateTarget('Alternate', {
        alternateTargetGroup: alternate,
        productionListener: ListenerRuleConfiguration.applicationListenerRule(rule),
      }),
    });
    target.attachToApplicationTargetGroup(targetGroup);
    Annotations.of(this.service).acknowledgeWarning(
      '@aws-cdk/aws-ecs:shouldUseCircuitBreaker',
      'ECS has a circuit breaker for rolling deployments only. Alarms take a canary back.',
    );
    acknowledge(
      this.service,
      'ECS moves targets and the weights of a listener rule with the policy that AWS maintains for it. It is wider than this service: its holder may change listeners, rules and targets of any load balancer in the account. Only ECS may assume the role. Where that is too much, sse.rollout: rolling does without it.',
      'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers]',
    );
  }

  /** Alarms that take a new version back while it is rolled out. */
  rollBackOn(alarms: readonly Alarm[]): void {
    this.service.enableDeploymentAlarms(
      alarms.map(({ alarmName }) => alarmName),
      { behavior: AlarmBehavior.ROLLBACK_ON_ALARM },
    );
  }

  /**
   * Holds the average of open streams per task. The load balancer's own metrics would not do: one connection of HTTP/2 carries
   * many streams, and requests are counted when they come, not while they last. A task that is taken away drains first, as in
   * a deploy; scale-in protection would keep it for as long as one client stays.
   */
  private scale({ minTasks, maxTasks, targetStreamsPerTask, schedule }: SseScalingProps): void {
    const tasks = this.service.autoScaleTaskCount({ minCapacity: minTasks, maxCapacity: maxTasks });
    tasks.scaleToTrackCustomMetric('OpenStreams', {
      metric: laneMetric(this, 'sse', METRICS.openConnections, 'Average'),
      targetValue: targetStreamsPerTask,
      scaleOutCooldown: Duration.minutes(1),
      // Every task that goes makes its clients reconnect: not for a dip.
      scaleInCooldown: Duration.minutes(10),
    });
    for (const [index, { cron, minTasks: minCapacity }] of schedule.entries()) {
      tasks.scaleOnSchedule(`Peak${index}`, { schedule: Schedule.expression(`cron(${cron})`), minCapacity });
    }
  }

  addEnvironment(key: string, value: string): this {
    this.container.addEnvironment(key, value);
    return this;
  }
}

const ROLLING = { circuitBreaker: { enable: true, rollback: true } } as const;

/** Without a circuit breaker, which goes with rolling only (API reference of `DeploymentCircuitBreaker`, 2026-11). */
const canaryStrategy = ({ percent, bakeMinutes }: Canary) => ({
  deploymentStrategy: DeploymentStrategy.CANARY,
  canaryConfiguration: { stepPercent: percent, stepBakeTime: Duration.minutes(bakeMinutes) },
  bakeTime: Duration.minutes(bakeMinutes),
});

/**
 * AWS, the registry of the image and the keys of the issuer answer on 443 at addresses that change. Security groups do not filter
 * the VPC's resolver, nor the metadata endpoint of the task.
 * https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
 */
function allowHttpsOut(group: ISecurityGroup): void {
  // The service makes its group open towards everywhere. One made here would have another logical id, and so replace the service.
  const resource = group.node.defaultChild as CfnSecurityGroup;
  resource.securityGroupEgress = [
    { cidrIp: '0.0.0.0/0', ipProtocol: 'tcp', fromPort: 443, toPort: 443, description: 'AWS, and the keys of the issuer' },
  ];
}

const probe = (url: string): string => `fetch('${url}').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))`;
