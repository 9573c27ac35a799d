import * as v from 'valibot';

const TaskStopped = v.looseObject({
  'detail-type': v.literal('ECS Task State Change'),
  detail: v.looseObject({
    taskArn: v.pipe(
      v.string(),
      v.regex(/^arn:[^/]+:task\/(.+\/)?[^/]+$/, (issue) => `Expected the ARN of a task but received ${issue.received}`),
    ),
    // A stopping task serves its streams to the end, and needs its queue for that.
    lastStatus: v.literal('STOPPED'),
  }),
});

/** The event is not one that the function's rule matches. */
export class UnexpectedTaskEventError extends Error {
  override readonly name = 'UnexpectedTaskEventError';
}

/**
 * The id of the task that has stopped, according to an EventBridge event.
 * @throws UnexpectedTaskEventError for any other event
 */
export function stoppedTaskId(event: unknown): string {
  const result = v.safeParse(TaskStopped, event);
  if (!result.success) {
    const [issue] = result.issues;
    throw new UnexpectedTaskEventError(`task event, ${v.getDotPath(issue) ?? 'as a whole'}: ${issue.message}`);
  }
  const { taskArn } = result.output.detail;
  return taskArn.slice(taskArn.lastIndexOf('/') + 1);
}
