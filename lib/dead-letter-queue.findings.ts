import type { Findings } from './acknowledgements.ts';

/** Why findings at `dead-letter-queue.ts` stand. */
export const FINDINGS = {
  isDeadLetterQueue: [
    'This is a dead-letter queue: what is in it has failed for good, waits for a person, and has raised the alarm below.',
    'AwsSolutions-SQS3',
    'CT.SQS.PR.1',
  ],
} as const satisfies Findings;
