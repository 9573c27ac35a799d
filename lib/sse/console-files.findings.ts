import type { Findings } from '../acknowledgements.ts';

/** Why findings at `console-files.ts` stand. */
export const FINDINGS = {
  runtimeOfTheCdk: [
    'The CDK brings the function and says which Python it runs on. It runs in deploys only, and moves on with the CDK.',
    'AwsSolutions-L1',
  ],
  runsInDeploysOnly: [
    'CloudFormation invokes it once for each change of the files, waits, and rolls the deploy back where it fails: there is no load to limit, and nothing left to do for whoever reads dead letters.',
    'NIST.800.53.R5-LambdaConcurrency',
    'NIST.800.53.R5-LambdaDLQ',
  ],
  outsideVpc: [
    'It calls S3 and CloudFormation over TLS and with a role of its own, and nothing in a VPC. Inside one it would need NAT for them.',
    'NIST.800.53.R5-LambdaInsideVPC',
    'CT.LAMBDA.PR.3',
  ],
} as const satisfies Findings;
