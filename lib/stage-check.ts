import type { StageBase } from './stage-base.ts';

/** What keys of a stage must agree on, beyond the range of each. How times must agree is a `TimeoutRule`. */
export interface StageCheck {
  /** The key that is to be changed, with dots: `sse.console`. */
  readonly key: string;
  readonly holds: (stage: StageBase) => boolean;
  /** What is allowed, and why. */
  readonly allowed: string;
}

const regionOf = (arn: string): string | undefined => arn.split(':')[3];

/** Checks of what every stage has. */
export const BASE_CHECKS: readonly StageCheck[] = [
  {
    key: 'edge',
    holds: ({ region, edge }) => edge.type !== 'alb' || regionOf(edge.certificateArn) === region,
    allowed: 'its certificate must be of the same region as the stage: the load balancer takes no other',
  },
  {
    key: 'edge',
    holds: ({ edge }) => edge.type !== 'cloudfront' || edge.certificateArn === undefined || regionOf(edge.certificateArn) === 'us-east-1',
    allowed: 'its certificate must be of us-east-1: CloudFront takes no other',
  },
  {
    key: 'edge',
    holds: ({ edge }) =>
      edge.type !== 'cloudfront' ||
      (edge.host === undefined || edge.host.endsWith('.cloudfront.net')) === (edge.certificateArn === undefined),
    allowed: 'a host of its own and a certificate for it go together: CloudFront has one for the hosts that it assigns, and for no other',
  },
  {
    key: 'edge',
    holds: ({ production, edge }) => !(production && edge.type === 'alb' && edge.plainHttp === 'forward'),
    allowed: 'plainHttp must be redirect, in production: what is forwarded in the clear can be read on the way',
  },
  {
    key: 'auth.queryToken',
    holds: ({ production, auth }) => !(production && auth.queryToken),
    allowed: 'off, in production: the access logs of the load balancer would hold the tokens',
  },
  {
    key: 'auth.origins',
    holds: ({ production, auth }) => !(production && auth.origins.some((allowed) => !allowed.startsWith('https:'))),
    allowed: 'origins of https:, in production: a page that came in the clear may be anybody',
  },
];
