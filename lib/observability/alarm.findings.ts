import type { Findings } from '../acknowledgements.ts';

/** Why findings at `alarm.ts` stand. */
export const FINDINGS = {
  noAction: [
    'CloudWatch puts every change of an alarm on the default event bus of the account, where the rules of whoever is on call pick it up. This template does not know who that is; docs/threat-model.md lists it under what is left to the deployer.',
    'NIST.800.53.R5-CloudWatchAlarmAction',
    'CT.CLOUDWATCH.PR.1',
  ],
} as const satisfies Findings;
