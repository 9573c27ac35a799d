import type { StackProps } from 'aws-cdk-lib';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { AccessControl } from '../access/access-control.ts';
import type { EventBackbone } from '../backbone/event-backbone.ts';
import type { Stage } from '../config.ts';
import type { LoadBalancerEdge } from '../edge/edge-config.ts';
import { alarmFunctions, alarmLane, alarmTasks } from '../observability/alarms.ts';
import type { LaneStack } from '../observability/lane-dashboard.ts';
import { Network } from './network.ts';
import { ServiceImage } from './service-image.ts';
import { SseLoadBalancer } from './sse-load-balancer.ts';
import { SERVICE_PORT, SseService } from './sse-service.ts';
import { TaskQueueCleaners } from './task-queue-cleaners.ts';
import { TaskQueues } from './task-queues.ts';

export interface SseStackProps extends StackProps {
  readonly stage: Stage;
  readonly backbone: EventBackbone;
  readonly access: AccessControl;
  /** Where the console finds the WebSocket lane. @default - the console shows this lane only */
  readonly webSocketUrl?: string | undefined;
}

/** The SSE lane: a load balancer in front of tasks that hold the streams. */
export class SseStack extends Stack implements LaneStack {
  readonly lane = 'sse';
  readonly loadBalancer: ApplicationLoadBalancer;

  constructor(scope: Construct, id: string, { stage, backbone, access, webSocketUrl, ...props }: SseStackProps) {
    super(scope, id, { description: 'realtime-lanes: SSE lane', ...props, tags: { ...props.tags, lane: 'sse' } });
    const config = stage.sse;
    const logRetention = stage.logRetentionDays;

    // A distribution has the console's files in a bucket of its own.
    const console = config.console && stage.edge.type === 'alb';
    const network = new Network(this, 'Network', { ...config, logRetention });
    const front = new SseLoadBalancer(this, 'Front', {
      ...config,
      edge: stage.edge,
      vpc: network.vpc,
      targetPort: SERVICE_PORT,
      accessLogDays: logRetention,
      deletionProtection: stage.production,
      connectTo: console ? [...(webSocketUrl === undefined ? [] : [webSocketUrl]), ...access.signInOrigins] : [],
    });
    const image = new ServiceImage(this, 'Image', { console });
    const service = new SseService(this, 'Service', {
      ...config,
      vpc: network.vpc,
      image: image.image,
      targetGroup: front.targetGroup,
      canary: front.canary,
      consoleConfig: console ? this.toJsonString({ websocket: webSocketUrl, signIn: access.signIn }) : '',
      logRetention,
    });
    const queues = new TaskQueues(this, 'TaskQueues', { topic: backbone.topic });
    const cleaners = new TaskQueueCleaners(this, 'Cleaners', {
      queues,
      cluster: service.cluster,
      service: service.service,
      sweepIntervalMinutes: config.sweepIntervalMinutes,
      timeoutSeconds: config.cleanerTimeoutSeconds,
      logRetention,
    });

    access.configure(service);
    backbone.allowRead(service);
    backbone.allowCompareHeads(service);
    backbone.allowPublish(service);
    queues.allowUse(service);
    front.allowWatchTarget(service);
    network.admit(service.service);

    const errors = alarmLane(this, this.lane);
    const unhealthyTargets = alarmTasks(this, { targetGroups: front.targetGroups, maxStreams: config.task.maxStreams });
    if (front.canary !== undefined) service.rollBackOn([errors, unhealthyTargets]);
    alarmFunctions(this, [cleaners.taskStopped, cleaners.sweep]);

    this.loadBalancer = front.loadBalancer;
    if (stage.edge.type === 'alb') this.describe(stage.edge);
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
      new CfnOutput(this, 'HttpUrl', { description: 'The same in the clear', value: `http://${loadBalancerDnsName}` });
    }
  }
}
