import type { Findings } from '../acknowledgements.ts';

/** Why findings at `sse-load-balancer.ts` stand. */
export const FINDINGS = {
  isTheAccessLog: [
    'This bucket is where access logs go. Logging the access to it into itself would never end, and it holds nothing else.',
    'AwsSolutions-S1',
    'NIST.800.53.R5-S3BucketLoggingEnabled',
    'CT.S3.PR.2',
  ],
  noKmsKey: [
    'The load balancer cannot write its access logs to a bucket with a KMS key. S3 encrypts them with its own.',
    'NIST.800.53.R5-S3DefaultEncryptionKMS',
    'CT.S3.PR.10',
  ],
  notReplicated: [
    'Access logs serve an investigation and are lost with their Region at worst; the events and users are elsewhere. An organization that must keep them safe from its own administrators copies them into its log archive account, which is where a lock belongs.',
    'NIST.800.53.R5-S3BucketReplicationEnabled',
    'CT.S3.PR.9',
  ],
  nobodyListens: ['Nothing acts on the arrival of an access log.', 'CT.S3.PR.4'],
  deletableStage: [
    'The stage is for development: its stacks are to be deleted without a trace. Production protects the load balancer.',
    'NIST.800.53.R5-ELBDeletionProtectionEnabled',
    'CT.ELASTICLOADBALANCING.PR.5',
  ],
  publicEntry: [
    'The load balancer is the public entry of the lane. It is open on its listeners only; tasks accept connections from it alone.',
    'AwsSolutions-EC23',
  ],
  plainHttpInDevelopment: [
    'The stage is for development without a domain of its own, and says so with plainHttp: forward. A stage of production cannot: its configuration is refused.',
    'NIST.800.53.R5-ALBHttpToHttpsRedirection',
    'NIST.800.53.R5-ELBv2ACMCertificateRequired',
    'CT.ELASTICLOADBALANCING.PR.1',
  ],
  onlyRedirects: [
    'This listener only redirects to HTTPS, before which no certificate can be shown.',
    'NIST.800.53.R5-ELBv2ACMCertificateRequired',
  ],
  aclAtTheDistribution: [
    'The load balancer is internal: it has private addresses only and takes connections from CloudFront alone, whose distribution has the web ACL.',
    'NIST.800.53.R5-ALBWAFEnabled',
  ],
  noWebAcl: [
    'The stage is for trying things out, and saves the web ACL. Tokens decide who may use the lane, and tasks limit each principal. A stage of production cannot: its configuration is refused.',
    'NIST.800.53.R5-ALBWAFEnabled',
  ],
  tlsEndsAtCloudFront: [
    'TLS ends at CloudFront, which clients can use with HTTPS only. From there requests travel inside the network of AWS to a load balancer without a public address; a certificate for it would take a domain, which this edge does without.',
    'NIST.800.53.R5-ALBHttpToHttpsRedirection',
    'NIST.800.53.R5-ELBv2ACMCertificateRequired',
    'CT.ELASTICLOADBALANCING.PR.1',
  ],
  targetHealthHasNoResource: [
    'elasticloadbalancing:DescribeTargetHealth knows no resource. It reads the health of targets and changes nothing.',
    'AwsSolutions-IAM5[Resource::*]',
  ],
} as const satisfies Findings;
