import { Duration, Size } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { QUEUE_RETENTION_SECONDS, REPLAY_FUNCTION_TIMEOUT_SECONDS, WEBSOCKET_ENV } from '../../lambda/websocket/contract.ts';
import { replayLimits, replayTurnLimits } from '../../lambda/websocket/settings.ts';
import { DeadLetterQueue } from '../dead-letter-queue.ts';
import type { Configurable } from '../lane-function.ts';
import { LaneFunction } from '../lane-function.ts';
import { alarmQueues } from './websocket-alarms.ts';
import type { WebSocketSettings } from './websocket-settings.ts';

export interface ReplaysProps extends Readonly<WebSocketSettings['replay']> {
  readonly logRetention: RetentionDays;
}

/** Six times as long as a turn may run, which is AWS's advice for a queue that feeds a function. */
const VISIBILITY_TIMEOUT = Duration.seconds(6 * REPLAY_FUNCTION_TIMEOUT_SECONDS);

/** The client has asked again long before the last of them. */
const MAX_RECEIVE_COUNT = 3;

/**
 * What clients have missed, from the log to their connections, in turns: a queue and a function of its own, so that many who
 * catch up wait for each other and for nothing else, and neither frames nor live events wait for them.
 */
export class Replays extends Construct {
  readonly handler: LaneFunction;
  readonly queue: Queue;
  readonly deadLetters: DeadLetterQueue;
  private readonly props: ReplaysProps;

  constructor(scope: Construct, id: string, props: ReplaysProps) {
    super(scope, id);
    this.props = props;
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      meaning:
        'A turn of a replay to a WebSocket connection was cut off again and again, or a message was none: the function log holds the reason. The client has asked again.',
    });
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.seconds(QUEUE_RETENTION_SECONDS.replays),
      visibilityTimeout: VISIBILITY_TIMEOUT,
      deadLetterQueue: { queue: this.deadLetters.queue, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
    this.handler = new LaneFunction(this, 'Handler', {
      entry: 'lambda/websocket/replay-turns.ts',
      description: 'Posts what clients have missed to their WebSocket connections, a part at a time',
      logRetention: props.logRetention,
      timeout: Duration.seconds(REPLAY_FUNCTION_TIMEOUT_SECONDS),
      memory: Size.mebibytes(512),
    });
    this.handler.settings.add(replayTurnLimits, props);
    // What is left of a replay waits for its next turn behind the others.
    this.allowEnqueue(this.handler);
    alarmQueues([this.queue], 'Clients that came back wait for what they have missed.');
    // What Lambda's pollers do. The CDK's `SqsEventSource` would also allow changing visibilities and asking for URLs.
    const polling = Grant.addToPrincipal({
      grantee: this.handler,
      actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
      resourceArns: [this.queue.queueArn],
    });
    const mapping = this.handler.function.addEventSourceMapping('Queue', {
      eventSourceArn: this.queue.queueArn,
      // Turns of one invocation would wait for each other.
      batchSize: 1,
      maxBatchingWindow: Duration.seconds(0),
      maxConcurrency: props.maxConcurrency,
      reportBatchItemFailures: true,
    });
    // Lambda makes no mapping for a role that may not poll.
    polling.applyBefore(mapping);
  }

  /** Lets a function leave replays to the queue, within the limit per principal. */
  allowEnqueue(grantee: Configurable): Grant {
    grantee.addEnvironment(WEBSOCKET_ENV.replayQueueUrl, this.queue.queueUrl);
    grantee.settings.add(replayLimits, this.props);
    return Grant.addToPrincipal({ grantee, actions: ['sqs:SendMessage'], resourceArns: [this.queue.queueArn] });
  }
}
