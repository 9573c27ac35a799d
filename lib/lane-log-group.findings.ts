import type { Findings } from './acknowledgements.ts';

/** Why findings at `lane-log-group.ts` stand. */
export const FINDINGS = {
  encryptedByTheService: [
    'CloudWatch Logs encrypts every log with a key of its own. Logs here name channels, connections and addresses, and never hold an event, a token or a query string, so a key of the account would protect nothing that a reader of the logs may not see.',
    'NIST.800.53.R5-CloudWatchLogGroupEncrypted',
    'CT.CLOUDWATCH.PR.3',
  ],
  shortRetention: [
    'The stage keeps its logs for a shorter time, which it says in lib/stages: it is for development. Production keeps them for a year.',
    'CT.CLOUDWATCH.PR.2',
  ],
} as const satisfies Findings;
