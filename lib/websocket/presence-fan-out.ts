import { Duration, Size } from 'aws-cdk-lib';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { SubscriptionFilter } from 'aws-cdk-lib/aws-sns';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { KIND_ATTRIBUTE } from '../../backbone/contract.ts';
import { PRESENCE_FAN_OUT, QUEUE_RETENTION_SECONDS } from '../../lambda/websocket/contract.ts';
import type { EventBackbone } from '../backbone/event-backbone.ts';
import { DeadLetterQueue } from '../dead-letter-queue.ts';
import { LaneFunction } from '../lane-function.ts';
import { pollQueue, visibilityTimeoutFor } from '../queue-polling.ts';
import { alarmQueues } from './websocket-alarms.ts';

export interface PresenceFanOutProps {
  readonly backbone: EventBackbone;
  readonly logRetention: RetentionDays;
}

/** How often a change is tried before it goes to the dead letters. By then clients have asked. */
const MAX_RECEIVE_COUNT = 3;

/**
 * From the topic to the connections that follow presence: a queue of its own, because changes wait for others there, and
 * events must not.
 */
export class PresenceFanOut extends Construct {
  readonly handler: LaneFunction;
  readonly queue: Queue;
  readonly deadLetters: DeadLetterQueue;

  constructor(scope: Construct, id: string, { backbone, logRetention }: PresenceFanOutProps) {
    super(scope, id);
    const timeout = Duration.seconds(PRESENCE_FAN_OUT.functionTimeoutSeconds);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      meaning:
        'Changes of presence could not be told to WebSocket connections: the message contains the change, the function log the reason. Clients find out by their pings.',
    });
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.seconds(QUEUE_RETENTION_SECONDS.presence),
      visibilityTimeout: visibilityTimeoutFor(timeout),
      deadLetterQueue: { queue: this.deadLetters.queue, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
    backbone.topic.topic.addSubscription(
      new SqsSubscription(this.queue, {
        rawMessageDelivery: true,
        filterPolicy: { [KIND_ATTRIBUTE.name]: SubscriptionFilter.stringFilter({ allowlist: [KIND_ATTRIBUTE.presence] }) },
      }),
    );
    this.handler = new LaneFunction(this, 'Handler', {
      entry: 'lambda/websocket/presence-changes.ts',
      description: 'Posts changes of presence to the WebSocket connections that follow them',
      logRetention,
      timeout,
      memory: Size.mebibytes(512),
    });
    alarmQueues([this.queue], 'Changes of presence wait for the function that posts them.');
    pollQueue(this.handler, this.queue, 'Queue', {
      batchSize: PRESENCE_FAN_OUT.batchSize,
      maxBatchingWindow: Duration.seconds(PRESENCE_FAN_OUT.windowSeconds),
      maxConcurrency: PRESENCE_FAN_OUT.maxConcurrency,
    });
  }
}
