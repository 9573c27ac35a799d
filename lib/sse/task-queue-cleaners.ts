import { Duration, Stack } from 'aws-cdk-lib';
import type { Alarm, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import type { ICluster } from 'aws-cdk-lib/aws-ecs';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { METRICS } from '../../backbone/contract.ts';
import { TASK_QUEUE_ENV } from '../../fargate/sse/contract.ts';
import { acknowledge, acknowledgeWildcard } from '../acknowledgements.ts';
import { DeadLetterQueue } from '../dead-letter-queue.ts';
import { LaneFunction } from '../lane-function.ts';
import { alarmAbove } from '../observability/alarm.ts';
import { laneMetric } from '../observability/lane-metric.ts';
import { FINDINGS } from './task-queue-cleaners.findings.ts';
import type { TaskQueues } from './task-queues.ts';

export interface TaskQueueCleanersProps {
  readonly queues: TaskQueues;
  /** Of the service alone. */
  readonly cluster: ICluster;
  readonly sweepInterval: Duration;
  /** How long a cleaner may run. Must be below the sweep interval. */
  readonly timeout: Duration;
  readonly logRetention: RetentionDays;
}

/**
 * Remove what a task could not remove itself. A task that stops normally deletes its queue. A task that is
 * killed causes an event, on which the first cleaner acts. If that event is lost too, the sweep finds the
 * queue.
 */
export class TaskQueueCleaners extends Construct {
  readonly taskStopped: LaneFunction;
  readonly taskStoppedRule: Rule;
  readonly sweep: LaneFunction;
  readonly sweepRule: Rule;
  readonly deadLetters: DeadLetterQueue;
  readonly orphansAlarm: Alarm;

  constructor(scope: Construct, id: string, props: TaskQueueCleanersProps) {
    super(scope, id);
    const { queues, cluster } = props;
    const shared = { logRetention: props.logRetention, timeout: props.timeout };
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      meaning:
        'A cleaner of task queues failed: the message contains its event, the function log the reason. The next sweep repeats the work.',
    });

    this.taskStopped = new LaneFunction(this, 'TaskStopped', {
      ...shared,
      entry: 'lambda/sse/task-stopped.ts',
      description: 'Removes the queue of an SSE task that has stopped',
    });
    queues.allowRemove(this.taskStopped);
    this.taskStoppedRule = new Rule(this, 'TaskStoppedRule', {
      description: 'A task of the SSE service has stopped',
      eventPattern: {
        source: ['aws.ecs'],
        detailType: ['ECS Task State Change'],
        // By the cluster, not by the service: a rule that names the service is deleted before it, and its last tasks leave queues.
        detail: { clusterArn: [cluster.clusterArn], group: [{ prefix: 'service:' }], lastStatus: ['STOPPED'] },
      },
      targets: [this.taskStopped.eventTarget(this.deadLetters)],
    });

    this.sweep = new LaneFunction(this, 'Sweep', {
      ...shared,
      entry: 'lambda/sse/sweep.ts',
      description: 'Removes queues of SSE tasks that no longer run, and counts them',
    });
    queues.allowRemove(this.sweep);
    queues.allowList(this.sweep);
    this.allowListTasks(cluster);
    this.sweepRule = new Rule(this, 'SweepRule', {
      description: 'Looks for queues of SSE tasks that no longer run',
      schedule: Schedule.rate(props.sweepInterval),
      targets: [this.sweep.eventTarget(this.deadLetters)],
    });

    this.orphansAlarm = alarmAbove(this, 'OrphansAlarm', {
      metric: this.metricOrphanedQueues(),
      meaning: 'The sweep found queues of tasks that are gone: their own clean-up and the one on their stop both failed.',
      runbook: 'docs/sse/operations.md#orphans',
    });
  }

  /** Queues that the sweep found without a running task. */
  metricOrphanedQueues(): Metric {
    return laneMetric(this, 'sse', METRICS.orphans, 'Maximum').with({ period: Duration.minutes(5) });
  }

  /** Lets the sweep list the running tasks of the cluster, and tells it the cluster. */
  private allowListTasks(cluster: ICluster): void {
    this.sweep.addEnvironment(TASK_QUEUE_ENV.clusterArn, cluster.clusterArn);
    const tasks = Stack.of(this).formatArn({ service: 'ecs', resource: 'task', resourceName: `${cluster.clusterName}/*` });
    acknowledgeWildcard(this.sweep, tasks, 'The * stands for the id of a task, which ECS makes up. The cluster is named.');
    acknowledge(this.sweep, ...FINDINGS.listQueuesHasNoResource);
    Grant.addToPrincipal({ grantee: this.sweep, actions: ['ecs:DescribeTasks'], resourceArns: [tasks] });
    Grant.addToPrincipal({
      grantee: this.sweep,
      actions: ['ecs:ListTasks'],
      // The action's resource is a container instance, which does not exist on Fargate; a condition limits it
      // to the cluster.
      resourceArns: ['*'],
      conditions: { ArnEquals: { 'ecs:cluster': cluster.clusterArn } },
    });
  }
}
