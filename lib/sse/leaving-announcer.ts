import { Duration } from 'aws-cdk-lib';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { Rule } from 'aws-cdk-lib/aws-events';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { LaneFunction } from '../lane-function.ts';
import type { TaskQueues } from './task-queues.ts';

export interface LeavingAnnouncerProps {
  readonly queues: TaskQueues;
  /** Of the service alone. */
  readonly cluster: ICluster;
  readonly logRetention: RetentionDays;
}

/** Longer than a call of SQS takes with its repetitions. */
const TIMEOUT = Duration.seconds(20);

/**
 * Tells a task, through its own queue, that ECS is going to stop it: ECS itself says so only by SIGTERM, when the deregistration delay is
 * over. The announcement may be late or lost, so tasks look at their target health as well: ADR 47.
 */
export class LeavingAnnouncer extends Construct {
  readonly taskLeaving: LaneFunction;
  readonly rule: Rule;

  constructor(scope: Construct, id: string, { queues, cluster, logRetention }: LeavingAnnouncerProps) {
    super(scope, id);
    this.taskLeaving = new LaneFunction(this, 'TaskLeaving', {
      entry: 'lambda/sse/task-leaving.ts',
      description: 'Tells an SSE task that ECS is going to stop it',
      timeout: TIMEOUT,
      logRetention,
    });
    queues.allowAnnounce(this.taskLeaving);
    this.rule = new Rule(this, 'TaskLeavingRule', {
      description: 'ECS is going to stop a task of the SSE service',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        detail: {
          // By the cluster, as the rule for stopped tasks.
          clusterArn: [cluster.clusterArn],
          group: [{ prefix: 'service:' }],
          desiredStatus: ['STOPPED'],
          // Whether ECS reports DEACTIVATING depends on the service: ADR 47.
          lastStatus: ['RUNNING', 'DEACTIVATING'],
        },
      },
      targets: [this.taskLeaving.hintTarget()],
    });
  }
}
