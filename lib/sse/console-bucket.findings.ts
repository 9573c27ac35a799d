import type { Findings } from '../acknowledgements.ts';

/** Why findings at `console-bucket.ts` stand. */
export const FINDINGS = {
  accessLoggedElsewhere: [
    'The only reader is the distribution, whose access log has every request. It is written in deploys only, by a function that logs what it copies.',
    'AwsSolutions-S1',
    'NIST.800.53.R5-S3BucketLoggingEnabled',
    'CT.S3.PR.2',
  ],
  publicFiles: [
    'The files are the same for everybody who opens the page, signed in or not. S3 encrypts them with its own key, and another one would keep them from nobody.',
    'NIST.800.53.R5-S3DefaultEncryptionKMS',
    'CT.S3.PR.10',
  ],
  madeAgainByDeploys: [
    'The files are made from the source code in every deploy, so the next one writes again what is lost or changed. A lock would keep the deploy itself from replacing them.',
    'NIST.800.53.R5-S3BucketReplicationEnabled',
    'CT.S3.PR.9',
  ],
  nobodyListens: ['Nothing acts on the arrival of a file.', 'CT.S3.PR.4'],
  emptierOutsideVpc: [
    'The function is the one of the CDK that empties a bucket which is about to be deleted. It calls S3 and CloudFormation over TLS, and nothing in a VPC.',
    'CT.LAMBDA.PR.3',
  ],
} as const satisfies Findings;
