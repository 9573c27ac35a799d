import { Duration, type Size } from 'aws-cdk-lib';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { QUEUE_RETENTION_SECONDS, WEBSOCKET_ENV } from '../../lambda/websocket/contract.ts';
import type { EventBackbone } from '../backbone/event-backbone.ts';
import { DeadLetterQueue } from '../dead-letter-queue.ts';
import type { Configurable } from '../lane-function.ts';
import { LaneFunction } from '../lane-function.ts';
import { FanOutRollout, type FanOutRolloutProps } from './fan-out-rollout.ts';
import { alarmQueues } from './websocket-alarms.ts';

export interface FanOutProps {
  readonly backbone: EventBackbone;
  readonly functionTimeout: Duration;
  readonly memory: Size;
  /** Posts in flight per invocation. */
  readonly postConcurrency: number;
  /** Invocations side by side, per queue. */
  readonly maxConcurrency: number;
  /** Messages per invocation. */
  readonly batchSize: number;
  /** How long a message stays hidden while an invocation works on it. */
  readonly visibilityTimeout: Duration;
  /** Deliveries of a message before it is put aside. */
  readonly maxReceiveCount: number;
  /** How invocations move from the version before to a new one. */
  readonly rollout: FanOutRolloutProps['rollout'];
  readonly logRetention: RetentionDays;
}

/**
 * From the topic to the connections: one queue of events, one of jobs (parts of a large channel, and connections to
 * try again), one function that serves both, and one dead-letter queue for what cannot be delivered.
 */
export class FanOut extends Construct implements Configurable {
  readonly handler: LaneFunction;
  readonly rollout: FanOutRollout;
  readonly events: Queue;
  readonly deliveries: Queue;
  readonly deadLetters: DeadLetterQueue;
  readonly grantPrincipal: IRole;

  constructor(scope: Construct, id: string, props: FanOutProps) {
    super(scope, id);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      meaning: 'Events could not be delivered to WebSocket connections: the message holds the job, the function log the reason.',
    });
    this.events = this.queue('Events', props);
    this.deliveries = this.queue('Deliveries', props);
    props.backbone.topic.topic.addSubscription(new SqsSubscription(this.events, { rawMessageDelivery: true }));

    this.handler = new LaneFunction(this, 'Handler', {
      entry: 'lambda/websocket/fan-out.ts',
      description: 'Posts events to the WebSocket connections that listen to their channel',
      logRetention: props.logRetention,
      timeout: props.functionTimeout,
      memory: props.memory,
      environment: {
        [WEBSOCKET_ENV.deliveryQueueUrl]: this.deliveries.queueUrl,
        [WEBSOCKET_ENV.deadLetterQueueUrl]: this.deadLetters.queue.queueUrl,
        [WEBSOCKET_ENV.postConcurrency]: String(props.postConcurrency),
      },
    });
    this.grantPrincipal = this.handler.grantPrincipal;
    Grant.addToPrincipal({
      grantee: this.handler,
      actions: ['sqs:SendMessage'],
      resourceArns: [this.deliveries.queueArn, this.deadLetters.queue.queueArn],
    });
    const queues = [this.events, this.deliveries];
    this.rollout = new FanOutRollout(this, 'Rollout', {
      function: this.handler.function,
      rollout: props.rollout,
      // A version that gives messages back does not fail; they come again, and grow old.
      lateAlarms: alarmQueues(queues, 'Events wait for the fan-out.'),
    });
    for (const queue of queues) {
      // What Lambda's pollers do. The CDK's `SqsEventSource` would also allow changing visibilities and asking for URLs.
      const polling = Grant.addToPrincipal({
        grantee: this.handler,
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resourceArns: [queue.queueArn],
      });
      const mapping = this.rollout.alias.addEventSourceMapping(queue.node.id, {
        eventSourceArn: queue.queueArn,
        batchSize: props.batchSize,
        // Waiting for a fuller batch would be latency for every event.
        maxBatchingWindow: Duration.seconds(0),
        maxConcurrency: props.maxConcurrency,
        reportBatchItemFailures: true,
      });
      // Lambda makes no mapping for a role that may not poll.
      polling.applyBefore(mapping);
    }
  }

  addEnvironment(key: string, value: string): this {
    this.handler.addEnvironment(key, value);
    return this;
  }

  private queue(id: string, props: FanOutProps): Queue {
    return new Queue(this, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.seconds(QUEUE_RETENTION_SECONDS.fanOut),
      visibilityTimeout: props.visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetters.queue, maxReceiveCount: props.maxReceiveCount },
    });
  }
}
