import { Duration, Stack } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { CfnSecurityGroup, ISecurityGroup, IVpc } from 'aws-cdk-lib/aws-ec2';
import type { ContainerDefinition, ContainerImage, ICluster } from 'aws-cdk-lib/aws-ecs';
import {
  AvailabilityZoneRebalancing,
  Cluster,
  ContainerInsights,
  CpuArchitecture,
  FargateService,
  FargateTaskDefinition,
  LogDriver,
  OperatingSystemFamily,
  PropagatedTagSource,
  UlimitName,
} from 'aws-cdk-lib/aws-ecs';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { METRICS, TELEMETRY_ENV } from '../../backbone/contract.ts';
import { SSE_ENV, SSE_PATHS } from '../../fargate/sse/contract.ts';
import { taskSettings } from '../../fargate/sse/settings.ts';
import { acknowledge } from '../acknowledgements.ts';
import type { Configurable } from '../lane-function.ts';
import { LaneLogGroup } from '../lane-log-group.ts';
import { laneMetric } from '../observability/lane-metric.ts';
import { ProcessSettings } from '../process-settings.ts';
import type { TaskPlacement } from './network.ts';
import { FINDINGS } from './sse-service.findings.ts';
import type { SseSettings } from './sse-settings.ts';

/** Port on which a task listens. */
export const SERVICE_PORT = 8080;

/**
 * The image has no curl, and a Node process for each probe would take its start from the streams of a task with a quarter of a vCPU.
 * Debian's bash opens sockets by itself.
 */
const HEALTH_PROBE = [
  `exec 3<>/dev/tcp/127.0.0.1/${SERVICE_PORT}`,
  `printf 'GET ${SSE_PATHS.health} HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: close\\r\\n\\r\\n' >&3`,
  'read -r status <&3',
  `[[ $status == 'HTTP/1.1 200 '* ]]`,
].join(' && ');

export interface SseServiceProps {
  readonly vpc: IVpc;
  readonly placement: TaskPlacement;
  readonly image: ContainerImage;
  readonly targetGroup: ApplicationTargetGroup;
  readonly settings: SseSettings;
  /** JSON for the console. @default '' - the service has no console */
  readonly consoleConfig?: string;
  readonly logRetention: RetentionDays;
}

/**
 * How much the kernel keeps for a client that does not read: at most 256 KiB per socket instead of 4 MiB. It
 * counts as the task's memory, and a process cannot limit it by itself. Fargate supports it from platform
 * version 1.4.0 on (API reference of `SystemControl`, 2026-11).
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
  readonly settings = new ProcessSettings(this);

  constructor(scope: Construct, id: string, props: SseServiceProps) {
    super(scope, id);
    const { task, scaling, stopTimeoutSeconds } = props.settings;
    // The CDK's classes do not satisfy their own interfaces under exactOptionalPropertyTypes, hence `as`.
    const insights = props.settings.containerInsights ? ContainerInsights.ENABLED : ContainerInsights.DISABLED;
    this.cluster = new Cluster(this, 'Cluster', { vpc: props.vpc, containerInsightsV2: insights }) as ICluster;
    if (!props.settings.containerInsights) acknowledge(this.cluster, ...FINDINGS.noInsights);
    this.logGroup = new LaneLogGroup(this, 'Log', { retention: props.logRetention });
    this.taskDefinition = new FargateTaskDefinition(this, 'Task', {
      cpu: task.cpu,
      memoryLimitMiB: task.memoryMb,
      runtimePlatform: { cpuArchitecture: CpuArchitecture.ARM64, operatingSystemFamily: OperatingSystemFamily.LINUX },
    });
    this.grantPrincipal = this.taskDefinition.taskRole;
    this.container = this.taskDefinition.addContainer('Service', {
      image: props.image,
      // The only container may use all of the task's memory.
      memoryLimitMiB: task.memoryMb,
      portMappings: [{ containerPort: SERVICE_PORT }],
      logging: LogDriver.awsLogs({ streamPrefix: 'sse', logGroup: this.logGroup }),
      readonlyRootFilesystem: true,
      user: 'node',
      systemControls: [SEND_BUFFERS],
      stopTimeout: Duration.seconds(stopTimeoutSeconds),
      healthCheck: {
        // A task that only drains is healthy: the load balancer asks for readiness, ECS for life.
        command: ['CMD', 'bash', '-c', HEALTH_PROBE],
        interval: Duration.seconds(15),
        timeout: Duration.seconds(5),
        retries: 3,
        startPeriod: Duration.seconds(30),
      },
      environment: {
        [SSE_ENV.host]: '0.0.0.0',
        [SSE_ENV.port]: String(SERVICE_PORT),
        [TELEMETRY_ENV.stack]: Stack.of(this).stackName,
        [SSE_ENV.consoleConfig]: props.consoleConfig ?? '',
      },
    });
    this.settings.add(taskSettings, { ...props.settings, ...task });
    acknowledge(this.taskDefinition, ...FINDINGS.noSecretInEnvironment);
    acknowledge(this.taskDefinition.obtainExecutionRole(), ...FINDINGS.ecrTokenHasNoResource);
    this.container.addUlimits({ name: UlimitName.NOFILE, softLimit: task.openFiles, hardLimit: task.openFiles });
    this.service = new FargateService(this, 'Service', {
      cluster: this.cluster,
      taskDefinition: this.taskDefinition,
      // No desired count: autoscaling manages it, and a deploy would reset it.
      ...props.placement,
      circuitBreaker: { enable: true, rollback: true },
      // A deploy starts the new tasks first, so that streams that are cut find room at once.
      minHealthyPercent: 100,
      maxHealthyPercent: 200,
      healthCheckGracePeriod: Duration.seconds(60),
      // ECS would move tasks by itself, and cut their streams at a time that nobody chose: ADR 24.
      availabilityZoneRebalancing: AvailabilityZoneRebalancing.DISABLED,
      // Fargate bills tasks, not the service.
      propagateTags: PropagatedTagSource.SERVICE,
    });
    if (props.placement.assignPublicIp) acknowledge(this.service, ...FINDINGS.publicAddresses);
    for (const group of this.service.connections.securityGroups) allowHttpsOut(group);
    this.service.attachToApplicationTargetGroup(props.targetGroup);
    this.scale(scaling);
  }

  /**
   * Keeps the average number of open streams per task constant. The load balancer's own metrics do not work
   * for that: one HTTP/2 connection carries many streams, and requests are counted when they arrive, not
   * while they last. A task that is removed drains first, as in a deploy; scale-in protection would keep it
   * for as long as one client stays.
   */
  private scale({ minTasks, maxTasks, targetStreamsPerTask, schedule }: SseSettings['scaling']): void {
    const tasks = this.service.autoScaleTaskCount({ minCapacity: minTasks, maxCapacity: maxTasks });
    tasks.scaleToTrackCustomMetric('OpenStreams', {
      metric: laneMetric(this, 'sse', METRICS.openConnections, 'Average'),
      targetValue: targetStreamsPerTask,
      scaleOutCooldown: Duration.minutes(1),
      // Every task that is removed makes its clients reconnect, so a short dip must not remove one.
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

/**
 * AWS, the image registry and the issuer's keys are reached on port 443 at addresses that change. Security
 * groups do not filter the VPC's resolver or the metadata endpoint of the task.
 * https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html
 */
function allowHttpsOut(group: ISecurityGroup): void {
  // The service creates its group with egress to everywhere. A group created here would have another logical
  // id, and replace the service.
  const resource = group.node.defaultChild as CfnSecurityGroup;
  resource.securityGroupEgress = [
    { cidrIp: '0.0.0.0/0', ipProtocol: 'tcp', fromPort: 443, toPort: 443, description: 'AWS, and the keys of the issuer' },
  ];
}
