import { Duration } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { alarmAbove } from '../observability/alarm.ts';

/** Messages are normally consumed at once; one that is this old finds no invocation. */
const QUEUE_AGE_SECONDS = 60;

/** Alarms for messages that wait longer than they would for an idle function. */
export function alarmQueues(queues: readonly Queue[], meaning: string): readonly Alarm[] {
  return queues.map((queue) =>
    alarmAbove(queue, 'AgeAlarm', {
      metric: queue.metricApproximateAgeOfOldestMessage({ statistic: 'Maximum', period: Duration.minutes(1) }),
      meaning,
      runbook: 'docs/websocket/operations.md#queue-age',
      threshold: QUEUE_AGE_SECONDS,
      periods: 3,
    }),
  );
}
