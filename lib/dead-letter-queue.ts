import { Duration } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DEAD_LETTER_RETENTION_SECONDS } from '../backbone/contract.ts';
import { acknowledge } from './acknowledgements.ts';
import { FINDINGS } from './dead-letter-queue.findings.ts';
import { alarmAbove } from './observability/alarm.ts';

export interface DeadLetterQueueProps {
  /** What a message in this queue means and where to look, in one sentence: the alarm's description. */
  readonly meaning: string;
}

/**
 * A queue for failed messages, which are kept for 14 days, with an alarm that fires when the queue is not
 * empty.
 */
export class DeadLetterQueue extends Construct {
  readonly queue: Queue;
  readonly alarm: Alarm;

  constructor(scope: Construct, id: string, props: DeadLetterQueueProps) {
    super(scope, id);
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.seconds(DEAD_LETTER_RETENTION_SECONDS),
    });
    acknowledge(this.queue, ...FINDINGS.isDeadLetterQueue);
    const waiting = this.queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: 'Maximum' });
    this.alarm = alarmAbove(this, 'Alarm', { metric: waiting, meaning: props.meaning, runbook: 'docs/operations.md#dead-letters' });
  }
}
