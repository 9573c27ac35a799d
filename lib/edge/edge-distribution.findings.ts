import type { Findings } from '../acknowledgements.ts';

/** Why findings at `edge-distribution.ts` stand. */
export const FINDINGS = {
  noGeoRestriction: [
    'Tokens decide who may use the lanes, wherever they are. An organization that must keep countries out adds them to the web ACL.',
    'AwsSolutions-CFR1',
  ],
  loggedByDelivery: [
    'Access logs are delivered by CloudWatch Logs (lib/edge/access-log.ts), with a list of fields that leaves out query and cookie, which may hold tokens. The rule knows only the older kind, which cannot leave the query out.',
    'AwsSolutions-CFR3',
    'CT.CLOUDFRONT.PR.5',
  ],
  oneOrigin: [
    'A second origin would be a second lane with its own streams. What fails over is behind the load balancer, which has tasks in two zones; clients come back at their cursor by themselves.',
    'CT.CLOUDFRONT.PR.4',
  ],
  noWebAcl: [
    'The stage is for trying things out, and saves the web ACL. Tokens decide who may use the lanes, and the tasks and functions limit each principal. A stage of production cannot: its configuration is refused.',
    'AwsSolutions-CFR2',
  ],
  certificateOfCloudFront: [
    'A distribution without a domain of its own uses the certificate of CloudFront, whose security policy cannot be chosen. A stage with more to protect names a host and a certificate.',
    'AwsSolutions-CFR4',
    'CT.CLOUDFRONT.PR.6',
    'CT.CLOUDFRONT.PR.7',
    'CT.CLOUDFRONT.PR.9',
  ],
} as const satisfies Findings;
