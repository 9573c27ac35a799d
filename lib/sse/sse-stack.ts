import { CfnOutput, Duration, Lazy, Stack } from 'aws-cdk-lib';
import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { SignIn } from '../access/user-directory.ts';
import type { EdgePart, EdgePartProps } from '../edge/edge-part.ts';
import type { LoadBalancerEdge } from '../edge/edge-settings.ts';
import type { LaneProps, LaneStack } from '../lane.ts';
import { alarmErrors, alarmFunctions, alarmLane } from '../observability/alarms.ts';
import { ConsoleBucket } from './console-bucket.ts';
import { ConsoleFiles } from './console-files.ts';
import { LeavingAnnouncer } from './leaving-announcer.ts';
import { Network } from './network.ts';
import { ServiceImage } from './service-image.ts';
import { alarmTasks } from './sse-alarms.ts';
import { sseDashboard } from './sse-dashboard.ts';
import { sseBehaviors } from './sse-edge.ts';
import { SseLoadBalancer } from './sse-load-balancer.ts';
import { SERVICE_PORT, SseService } from './sse-service.ts';
import type { SseSettings } from './sse-settings.ts';
import { TaskQueueCleaners } from './task-queue-cleaners.ts';
import { TaskQueues } from './task-queues.ts';

/** The SSE lane: a load balancer in front of tasks that hold the streams. */
export class SseStack extends Stack implements LaneStack {
  readonly lane = 'sse';
  readonly dashboard = sseDashboard;
  readonly loadBalancer: ApplicationLoadBalancer;
  private readonly props: LaneProps<SseSettings>;

  constructor(scope: Construct, id: string, laneProps: LaneProps<SseSettings>) {
    const { stage, settings, backbone, access, peers, ...props } = laneProps;
    super(scope, id, { description: 'realtime-lanes: SSE lane', ...props, tags: { ...props.tags, lane: 'sse' } });
    this.props = laneProps;
    const logRetention = stage.logRetentionDays;

    // Behind a distribution, the console's files are in a bucket of their own.
    const console = settings.console && stage.edge.type === 'alb';
    const network = new Network(this, 'Network', { natGateways: settings.natGateways, zoneIds: settings.zoneIds, logRetention });
    const front = new SseLoadBalancer(this, 'Front', {
      idleTimeout: Duration.seconds(settings.idleTimeoutSeconds),
      deregistrationDelay: Duration.seconds(settings.deregistrationDelaySeconds),
      edge: stage.edge,
      vpc: network.vpc,
      targetPort: SERVICE_PORT,
      accessLogDays: logRetention,
      deletionProtection: stage.production,
      connectTo: console ? () => [...Object.values(peers()), ...access.signInOrigins] : () => [],
    });
    const image = new ServiceImage(this, 'Image', { console });
    const service = new SseService(this, 'Service', {
      vpc: network.vpc,
      placement: network.tasks,
      image: image.image,
      targetGroup: front.targetGroup,
      settings,
      consoleConfig: console ? Lazy.string({ produce: () => this.toJsonString(consoleConfig(peers(), access.signIn)) }) : '',
      logRetention,
    });
    const queues = new TaskQueues(this, 'TaskQueues', { topic: backbone.topic });
    const cleaners = new TaskQueueCleaners(this, 'Cleaners', {
      queues,
      cluster: service.cluster,
      sweepInterval: Duration.minutes(settings.sweepIntervalMinutes),
      timeout: Duration.seconds(settings.cleanerTimeoutSeconds),
      logRetention,
    });
    const announcer = new LeavingAnnouncer(this, 'Announcer', { queues, cluster: service.cluster, logRetention });

    // Created before the service and deleted after it: tasks need a way out until they have stopped, are told of it, and leave queues
    // behind.
    service.service.node.addDependency(network.egress, cleaners.taskStopped, cleaners.taskStoppedRule, announcer);

    access.configure(service);
    backbone.allowRead(service);
    backbone.allowCompareHeads(service);
    backbone.allowPublish(service);
    backbone.allowBePresent(service);
    backbone.allowSeePresence(service);
    queues.allowUse(service);
    front.allowWatchTarget(service);

    alarmErrors(this, this.lane);
    if (stage.alarms === 'all') {
      alarmLane(this, this.lane);
      alarmTasks(this, { targetGroup: front.targetGroup, maxStreams: settings.task.maxStreams });
      alarmFunctions(this, [cleaners.taskStopped, cleaners.sweep, announcer.taskLeaving]);
    }

    this.loadBalancer = front.loadBalancer;
    if (stage.edge.type === 'alb') this.describe(stage.edge);
  }

  behind(scope: Construct, { edge }: EdgePartProps): EdgePart {
    const { stage, settings, access } = this.props;
    const console = settings.console ? new ConsoleBucket(scope, 'Console', { production: stage.production }) : undefined;
    return {
      lane: this.lane,
      behaviors: (distribution) =>
        sseBehaviors(distribution, {
          edge,
          loadBalancer: this.loadBalancer,
          consoleBucket: console?.bucket,
          // All lanes are on the distribution's own host.
          connectTo: console === undefined ? [] : access.signInOrigins,
        }),
      url: (host) => `https://${host}`,
      output: { id: 'HttpsUrl', description: 'Where SSE clients connect, and the console' },
      finish: ({ [this.lane]: _, ...peers }) => {
        if (console === undefined) return;
        const config = consoleConfig(peers, access.signIn);
        new ConsoleFiles(scope, 'ConsoleFiles', { bucket: console.bucket, config, logRetention: stage.logRetentionDays });
      },
    };
  }

  private describe(edge: LoadBalancerEdge): void {
    const { loadBalancerDnsName } = this.loadBalancer;
    new CfnOutput(this, 'HttpsUrl', {
      description: 'Where SSE clients connect, once DNS points here',
      value: `https://${edge.domainName}`,
    });
    new CfnOutput(this, 'LoadBalancerDnsName', {
      description: `Point the DNS record of ${edge.domainName} here`,
      value: loadBalancerDnsName,
    });
    if (edge.plainHttp === 'forward') {
      new CfnOutput(this, 'HttpUrl', { description: 'The same over plain HTTP', value: `http://${loadBalancerDnsName}` });
    }
  }
}

/**
 * What the deployment tells the console: where the other lanes are, and how users sign in.
 * `packages/console/config.ts` reads it.
 */
const consoleConfig = (peers: Readonly<Record<string, string>>, signIn: SignIn | undefined) => ({ ...peers, signIn });
