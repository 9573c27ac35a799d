import { dev } from '../../../lib/stages/dev.ts';
import type { KeptGrant } from '../../../packages/assembly-local/iam/report.ts';

/**
 * Grants that stay although no end-to-end test uses them, apart from those of the lanes, which each lane lists in a file of this name in
 * its folder. Each is a promise that somebody has looked at it.
 */
export const KEPT_GRANTS: readonly KeptGrant[] = (dev.auth.issuer === undefined ? ['logs:CreateLogStream', 'logs:PutLogEvents'] : []).map(
  (action) => ({
    role: 'AccessUsersClaimsRole',
    action,
    resource: 'AccessUsersClaimsLog',
    reason: 'Only Cognito invokes the function, and a local run has an issuer of its own in its place.',
  }),
);
