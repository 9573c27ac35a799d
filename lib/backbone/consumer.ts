import { Duration } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DeadLetterQueue } from '../dead-letter-queue.ts';
import type { LaneFunction } from '../lane-function.ts';
import { alarmAbove } from '../observability/alarm.ts';
import { pollQueue, visibilityTimeoutFor } from '../queue-polling.ts';
import { channelFilter, InvalidConsumerError } from './channel-filter.ts';
import type { EventTopic } from './event-topic.ts';

export interface ConsumerOptions {
  /**
   * The channels whose events it gets: names, or beginnings of names followed by `*`, as in the rights of a token.
   * `*` stands for all channels. At most 150 patterns.
   */
  readonly channels: string | readonly string[];
  /**
   * The most notifications of one invocation, 1 to 10. Each is one event, or the events that were published as one batch.
   * They may all be of one channel, and then run one after another within the function's timeout. @default 10
   */
  readonly batchSize?: number;
  /** The most invocations at the same time, from 2. @default 10 */
  readonly maxConcurrency?: number;
}

export interface ConsumerProps extends ConsumerOptions {
  readonly topic: EventTopic;
  readonly handler: LaneFunction;
}

/** What SQS hands out at once. Lambda takes more only if it waits for them. */
const MAX_BATCH = 10;

/** How often an event is tried before it goes to the dead letters. */
const MAX_RECEIVES = 5;

/** An outage that is mended within this time loses nothing. Shorter than in the dead letters, where a message keeps its age. */
const RETENTION = Duration.days(4);

/**
 * Gives the events of some channels to a function: a queue with a subscription that filters by channel, dead letters,
 * and alarms for both. `EventBackbone.consume` makes it, and `lambda/consumer.ts` has the other side.
 *
 * At least once and in no order: see docs/architecture.md#consumers.
 */
export class Consumer extends Construct {
  readonly queue: Queue;
  readonly deadLetters: DeadLetterQueue;
  readonly ageAlarm: Alarm;

  constructor(scope: Construct, id: string, { topic, handler, channels, batchSize = 10, maxConcurrency = 10 }: ConsumerProps) {
    super(scope, id);
    const filterPolicy = channelFilter(channels);
    if (!Number.isInteger(batchSize) || batchSize < 1 || batchSize > MAX_BATCH) {
      throw new InvalidConsumerError(`batchSize of a consumer is ${batchSize}: use a whole number from 1 to ${MAX_BATCH}`);
    }
    const visibilityTimeout = visibilityTimeoutFor(handler.timeout);

    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      meaning: 'A consumer has failed on events: the message contains the event, the function log the reason.',
    });
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: RETENTION,
      visibilityTimeout,
      deadLetterQueue: { queue: this.deadLetters.queue, maxReceiveCount: MAX_RECEIVES },
    });
    topic.topic.addSubscription(
      new SqsSubscription(this.queue, {
        rawMessageDelivery: true,
        // What SNS cannot put into the queue, for example because somebody has changed the queue's policy.
        deadLetterQueue: this.deadLetters.queue,
        ...(filterPolicy === undefined ? {} : { filterPolicy }),
      }),
    );
    this.ageAlarm = alarmAbove(this, 'AgeAlarm', {
      metric: this.queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: Duration.minutes(1) }),
      meaning: 'Events wait for a consumer longer than all tries of an event take.',
      runbook: 'docs/operations.md#consumers',
      threshold: visibilityTimeout.toSeconds() * MAX_RECEIVES,
      periods: 3,
    });
    pollQueue(handler, this.queue, 'Events', { batchSize, maxConcurrency });
  }
}
