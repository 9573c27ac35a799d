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
import { pollQueue, visibilityTimeoutFor } from '../queue-polling.ts';
import { alarmQueues } from './websocket-alarms.ts';
import type { WebSocketSettings } from './websocket-settings.ts';

export interface ReplaysProps {
  readonly settings: Readonly<WebSocketSettings['replay']>;
  readonly logRetention: RetentionDays;
}

/** The client asks again long before the last of them. */
const MAX_RECEIVE_COUNT = 3;

/**
 * Sends what clients have missed from the log to their connections, in turns. It has its own queue and
 * function, so that clients that catch up wait only for each other, and neither frames nor live events wait
 * for them.
 */
export class Replays extends Construct {
  readonly handler: LaneFunction;
  readonly queue: Queue;
  readonly deadLetters: DeadLetterQueue;
  private readonly settings: ReplaysProps['settings'];

  constructor(scope: Construct, id: string, { settings, logRetention }: ReplaysProps) {
    super(scope, id);
    this.settings = settings;
    const timeout = Duration.seconds(REPLAY_FUNCTION_TIMEOUT_SECONDS);
    this.deadLetters = new DeadLetterQueue(this, 'DeadLetters', {
      meaning:
        'A replay turn of a WebSocket connection was repeatedly interrupted, or a message was invalid: the function log has the reason. The client has asked again.',
    });
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.seconds(QUEUE_RETENTION_SECONDS.replays),
      visibilityTimeout: visibilityTimeoutFor(timeout),
      deadLetterQueue: { queue: this.deadLetters.queue, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
    this.handler = new LaneFunction(this, 'Handler', {
      entry: 'lambda/websocket/replay-turns.ts',
      description: 'Posts what clients have missed to their WebSocket connections, a part at a time',
      logRetention,
      timeout,
      memory: Size.mebibytes(512),
    });
    this.handler.settings.add(replayTurnLimits, settings);
    // The rest of a replay waits for its next turn behind the others.
    this.allowEnqueue(this.handler);
    alarmQueues([this.queue], 'Clients that came back wait for what they have missed.');
    pollQueue(this.handler, this.queue, 'Queue', {
      // Turns in one invocation would wait for each other.
      batchSize: 1,
      maxBatchingWindow: Duration.seconds(0),
      maxConcurrency: settings.maxConcurrency,
    });
  }

  /** Lets a function leave replays to the queue, within the limit per principal. */
  allowEnqueue(grantee: Configurable): Grant {
    grantee.addEnvironment(WEBSOCKET_ENV.replayQueueUrl, this.queue.queueUrl);
    grantee.settings.add(replayLimits, this.settings);
    return Grant.addToPrincipal({ grantee, actions: ['sqs:SendMessage'], resourceArns: [this.queue.queueArn] });
  }
}
