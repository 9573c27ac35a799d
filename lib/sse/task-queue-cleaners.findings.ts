import type { Findings } from '../acknowledgements.ts';

/** Why findings at `task-queue-cleaners.ts` stand. */
export const FINDINGS = {
  listQueuesHasNoResource: [
    'sqs:ListQueues knows no resource: the sweep asks for its own prefix and may remove nothing else. ecs:ListTasks is held to the one cluster by its condition.',
    'AwsSolutions-IAM5[Resource::*]',
  ],
} as const satisfies Findings;
