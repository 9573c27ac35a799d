import { Duration, Size } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { QUEUE_RETENTION_SECONDS, WEBSOCKET_ENV } from '../../lambda/websocket/contract.ts';
import { fanOutSettings } from '../../lambda/websocket/settings.ts';
import type { EventBackbone } from '../backbone/event-backbone.ts';
import { DeadLetterQueue } from '../dead-letter-queue.ts';
import { LaneFunction } from '../lane-function.ts';
import { pollQueue } from '../queue-polling.ts';
import { FanOutRollout } from './fan-out-rollout.ts';
import { alarmQueues } from './websocket-alarms.ts';
import type { WebSocketSettings } from './websocket-settings.ts';

export interface FanOutProps {
  readonly settings: Readonly<WebSocketSettings['fanOut']>;
  readonly backbone: EventBackbone;
  readonly logRetention: RetentionDays;
}

/**
 * From the topic to the connections: one queue of events, one of jobs (parts of a large channel, and
 * connections to try again), one function that consumes both, and one dead-letter queue for what cannot be
 * delivered.
 */
export class FanOut extends Construct {
  readonly handler: LaneFunction;
  readonly rollout: FanOutRollout;
  readonly events: Queue;
  readonly deliveries: Queue;
  readonly deadLetters: DeadLetterQueue;

  constructor(scope: Construct, id: string, { settings, backbone, logRetention }: FanOutProps) {
    super(scope, id);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      meaning: 'Events could not be delivered to WebSocket connections: the message contains the job, the function log the reason.',
    });
    this.events = this.queue('Events', settings);
    this.deliveries = this.queue('Deliveries', settings);
    backbone.topic.topic.addSubscription(new SqsSubscription(this.events, { rawMessageDelivery: true }));

    this.handler = new LaneFunction(this, 'Handler', {
      entry: 'lambda/websocket/fan-out.ts',
      description: 'Posts events to the WebSocket connections that subscribe to their channel',
      logRetention,
      timeout: Duration.seconds(settings.functionTimeoutSeconds),
      memory: Size.mebibytes(settings.memoryMb),
      environment: {
        [WEBSOCKET_ENV.deliveryQueueUrl]: this.deliveries.queueUrl,
        [WEBSOCKET_ENV.deadLetterQueueUrl]: this.deadLetters.queue.queueUrl,
      },
    });
    this.handler.settings.add(fanOutSettings, settings);
    Grant.addToPrincipal({
      grantee: this.handler,
      actions: ['sqs:SendMessage'],
      resourceArns: [this.deliveries.queueArn, this.deadLetters.queue.queueArn],
    });
    const queues = [this.events, this.deliveries];
    this.rollout = new FanOutRollout(this, 'Rollout', {
      function: this.handler.function,
      rollout: settings.rollout,
      // A version that returns messages to the queue does not fail; the messages come again and get old.
      lateAlarms: alarmQueues(queues, 'Events wait for the fan-out.'),
    });
    for (const queue of queues) {
      pollQueue(this.handler, queue, queue.node.id, {
        target: this.rollout.alias,
        batchSize: settings.batchSize,
        // Waiting for a fuller batch would delay every event.
        maxBatchingWindow: Duration.seconds(0),
        maxConcurrency: settings.maxConcurrency,
      });
    }
  }

  private queue(id: string, settings: FanOutProps['settings']): Queue {
    return new Queue(this, id, {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.seconds(QUEUE_RETENTION_SECONDS.fanOut),
      visibilityTimeout: Duration.seconds(settings.visibilityTimeoutSeconds),
      deadLetterQueue: { queue: this.deadLetters.queue, maxReceiveCount: settings.maxReceiveCount },
    });
  }
}
