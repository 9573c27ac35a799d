import { Duration } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { alarmAbove } from '../observability/alarm.ts';

/** A message is taken at once; one that waits for this long has no invocation to take it. */
const QUEUE_AGE_SECONDS = 60;

/** Messages wait longer than an idle function lets them. */
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
