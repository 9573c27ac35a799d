import { Duration } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { EventSourceMappingOptions, FunctionBase } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import type { LaneFunction } from './lane-function.ts';

export interface QueuePollingOptions extends Pick<EventSourceMappingOptions, 'maxBatchingWindow'> {
  /** The most messages of one invocation. */
  readonly batchSize: number;
  /** The most invocations at the same time, from 2. */
  readonly maxConcurrency: number;
  /** An alias of the function. @default the function itself */
  readonly target?: Pick<FunctionBase, 'addEventSourceMapping'>;
}

/**
 * Invokes a function with the messages of a queue. The function reports those that have failed.
 * @param id of the mapping, within the target
 */
export function pollQueue(
  handler: LaneFunction,
  queue: Queue,
  id: string,
  { target = handler.function, ...options }: QueuePollingOptions,
): void {
  // What Lambda's pollers need. The CDK's `SqsEventSource` would also allow changing visibilities and reading URLs.
  const polling = Grant.addToPrincipal({
    grantee: handler,
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    resourceArns: [queue.queueArn],
  });
  const mapping = target.addEventSourceMapping(id, { eventSourceArn: queue.queueArn, reportBatchItemFailures: true, ...options });
  // Lambda refuses to create a mapping for a role that may not poll.
  polling.applyBefore(mapping);
}

/** Six times as long as the function may run: AWS's advice, which leaves room for retries of throttled invocations. */
export function visibilityTimeoutFor(functionTimeout: Duration): Duration {
  return Duration.seconds(6 * functionTimeout.toSeconds());
}
