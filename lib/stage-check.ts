import type { StageBase } from './stage-base.ts';

/** What settings of a stage must agree on, beyond the range of each. Rules for times are `TimeoutRule`s. */
export interface StageCheck {
  /** The setting to change, as a path: `sse.console`. */
  readonly key: string;
  readonly holds: (stage: StageBase) => boolean;
  /** What is allowed, and why. */
  readonly allowed: string;
}

const regionOf = (arn: string): string | undefined => arn.split(':')[3];

/** Checks of the settings that every stage has. */
export const BASE_CHECKS: readonly StageCheck[] = [
  {
    key: 'edge',
    holds: ({ region, edge }) => edge.type !== 'alb' || regionOf(edge.certificateArn) === region,
    allowed: 'certificateArn must be in the same region as the stage: the load balancer accepts no other',
  },
  {
    key: 'edge',
    holds: ({ edge }) => edge.type !== 'cloudfront' || edge.certificateArn === undefined || regionOf(edge.certificateArn) === 'us-east-1',
    allowed: 'certificateArn must be in us-east-1: CloudFront accepts no other',
  },
  {
    key: 'edge',
    holds: ({ edge }) =>
      edge.type !== 'cloudfront' ||
      (edge.host === undefined || edge.host.endsWith('.cloudfront.net')) === (edge.certificateArn === undefined),
    allowed:
      'a host of your own needs a certificateArn, and a host assigned by CloudFront must have none: CloudFront has a certificate for its own hosts only',
  },
  {
    key: 'edge',
    holds: ({ production, edge }) => !(production && edge.type === 'alb' && edge.plainHttp === 'forward'),
    allowed: 'plainHttp must be redirect in production: unencrypted requests can be read on the way',
  },
  {
    key: 'edge.requestsPerAddress',
    holds: ({ production, edge }) => !(production && edge.requestsPerAddress === null),
    allowed: 'must be a number in production: without a web ACL, nothing stops a flood from one address',
  },
  {
    key: 'auth.queryToken',
    holds: ({ production, auth }) => !(production && auth.queryToken),
    allowed: "must be false in production: the load balancer's access logs would contain the tokens",
  },
  {
    key: 'auth.origins',
    holds: ({ production, auth }) => !(production && auth.origins.some((allowed) => !allowed.startsWith('https:'))),
    allowed: 'origins must use https: in production: a page loaded without TLS can be forged',
  },
];
