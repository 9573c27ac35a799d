import type { KeptGrant } from '../../../packages/assembly-local/iam/report.ts';
import { LAST_RESORT } from '../support/last-resort.ts';

/** Grants that stay although no end-to-end test uses them. Each is a promise that somebody has looked at it. */
export const KEPT_GRANTS: readonly KeptGrant[] = [
  ...['Expiry', 'Sweep'].map((name) => ({
    role: `${name}HandlerRole`,
    action: 'sqs:SendMessage',
    resource: `${name}DeadLetters`,
    ...LAST_RESORT,
  })),
  ...['FrameRole', 'PresenceHandlerRole'].map((role) => ({
    role,
    action: 'dynamodb:BatchGetItem',
    resource: 'Presence',
    reason: 'Members of tasks are present as long as the lease of their task, which is read this way. An app without tasks has none.',
    mayBeUsed: true,
  })),
];
