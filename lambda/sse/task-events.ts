import * as v from 'valibot';

const STATE_CHANGE = { 'detail-type': v.literal('ECS Task State Change') };

const taskArn = v.pipe(
  v.string(),
  v.regex(/^arn:[^/]+:task\/(.+\/)?[^/]+$/, (issue) => `Expected the ARN of a task but received ${issue.received}`),
);

const TaskStopped = v.looseObject({
  ...STATE_CHANGE,
  // A stopping task serves its streams to the end, and needs its queue for that.
  detail: v.looseObject({ taskArn, lastStatus: v.literal('STOPPED') }),
});

const TaskLeaving = v.looseObject({
  ...STATE_CHANGE,
  detail: v.looseObject({ taskArn, lastStatus: v.picklist(['RUNNING', 'DEACTIVATING']), desiredStatus: v.literal('STOPPED') }),
});

/** The event is not one that the function's rule matches. */
export class UnexpectedTaskEventError extends Error {
  override readonly name = 'UnexpectedTaskEventError';
}

/**
 * The id of the task that has stopped, according to an EventBridge event.
 * @throws UnexpectedTaskEventError for any other event
 */
export const stoppedTaskId = (event: unknown): string => taskIdOf(event, TaskStopped);

/**
 * The id of the task that ECS is going to stop and that still runs, according to an EventBridge event.
 * @throws UnexpectedTaskEventError for any other event
 */
export const leavingTaskId = (event: unknown): string => taskIdOf(event, TaskLeaving);

function taskIdOf(event: unknown, schema: typeof TaskStopped | typeof TaskLeaving): string {
  const result = v.safeParse(schema, event);
  if (!result.success) {
    const [issue] = result.issues;
    throw new UnexpectedTaskEventError(`task event, ${v.getDotPath(issue) ?? 'as a whole'}: ${issue.message}`);
  }
  const arn = result.output.detail.taskArn;
  return arn.slice(arn.lastIndexOf('/') + 1);
}
