import { dev } from '../../../lib/stages/dev.ts';
import type { KeptGrant } from '../../../local/iam/report.ts';

const LAST_RESORT = {
  reason:
    'Lambda puts an event aside here when the function has failed on it three times. The functions bear every fault that the tests inject.',
  // But a function runs into its timeout where other processes take the machine's time.
  mayBeUsed: true,
};

/** Grants that stay although no end-to-end test uses them. Each is a promise that somebody has looked at it. */
export const KEPT_GRANTS: readonly KeptGrant[] = [
  // lane: websocket
  ...['Expiry', 'Sweep'].map((name) => ({
    role: `${name}HandlerRole`,
    action: 'sqs:SendMessage',
    resource: `${name}DeadLetters`,
    ...LAST_RESORT,
  })),
  // end lane
  // lane: sse
  ...['TaskStopped', 'Sweep'].map((name) => ({
    role: `Cleaners${name}Role`,
    action: 'sqs:SendMessage',
    resource: 'CleanersDeadLetters',
    ...LAST_RESORT,
  })),
  // end lane
  ...(dev.auth.issuer === undefined ? ['logs:CreateLogStream', 'logs:PutLogEvents'] : []).map((action) => ({
    role: 'AccessUsersClaimsRole',
    action,
    resource: 'AccessUsersClaimsLog',
    reason: 'Only Cognito invokes the function, and a local run has an issuer of its own in its place.',
  })),
  // lane: sse
  {
    role: 'ServiceTaskExecutionRole',
    action: 'ecr:BatchCheckLayerAvailability',
    resource: 'container-assets',
    reason: 'The CDK grants it with the pull of every image asset, and so does the managed policy that AWS names for this role.',
  },
  // end lane
];
