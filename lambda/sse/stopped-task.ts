import * as v from 'valibot';

const TaskStopped = v.looseObject({
  'detail-type': v.literal('ECS Task State Change'),
  detail: v.looseObject({
    taskArn: v.pipe(
      v.string(),
      v.regex(/^arn:[^/]+:task\/(.+\/)?[^/]+$/, (issue) => `Expected the ARN of a task but received ${issue.received}`),
    ),
    // A task that still stops serves its streams to the end, and needs its queue for them.
    lastStatus: v.literal('STOPPED'),
  }),
});

/** The event is not what the rule of this function lets through. */
export class UnexpectedTaskEventError extends Error {
  override readonly name = 'UnexpectedTaskEventError';
}

/**
 * The id of the task that an EventBridge event says has stopped.
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
