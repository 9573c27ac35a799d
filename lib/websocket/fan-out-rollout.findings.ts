import type { Findings } from '../acknowledgements.ts';

/** Why findings at `fan-out-rollout.ts` stand. */
export const FINDINGS = {
  alarmsHaveNoResource: [
    'cloudwatch:DescribeAlarms on everything is what CodeDeploy documents that it needs to watch the alarms of a deployment. It reads the states of alarms and changes nothing.',
    'AwsSolutions-IAM5[Resource::*]',
  ],
} as const satisfies Findings;
