import type { KeptGrant } from '../../../packages/assembly-local/iam/report.ts';
import { LAST_RESORT } from '../support/last-resort.ts';

/** Grants that stay although no end-to-end test uses them. Each is a promise that somebody has looked at it. */
export const KEPT_GRANTS: readonly KeptGrant[] = [
  ...['TaskStopped', 'Sweep'].map((name) => ({
    role: `Cleaners${name}Role`,
    action: 'sqs:SendMessage',
    resource: 'CleanersDeadLetters',
    ...LAST_RESORT,
  })),
  {
    role: 'ServiceTaskExecutionRole',
    action: 'ecr:BatchCheckLayerAvailability',
    resource: 'container-assets',
    reason: 'The CDK grants it with the pull of every image asset, and so does the managed policy that AWS names for this role.',
  },
];
