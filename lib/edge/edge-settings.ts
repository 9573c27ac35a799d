import * as v from 'valibot';
import { between, setting } from '../../backbone/settings.ts';

const hostName = v.pipe(
  v.string(),
  v.regex(/^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, 'a host name in lower case'),
);

const certificateArn = v.pipe(
  v.string(),
  v.regex(/^arn:aws(-[a-z]+)*:acm:[a-z0-9-]+:\d{12}:certificate\/[A-Za-z0-9-]+$/, 'the ARN of an ACM certificate'),
);

/** Over this many seconds the web ACL counts the requests of an address. */
export const RATE_WINDOW_SECONDS = 300;

/**
 * Requests that one address may send in five minutes before the web ACL turns it away. WAF takes no less than 10. `null`: there is no
 * web ACL.
 */
const requestsPerAddress = v.nullable(between(10, 2_000_000_000));

/** Clients reach the load balancer itself, with a domain and a certificate of the stage. */
const loadBalancerEdge = v.strictObject({
  type: v.literal('alb'),
  /** Host name that clients use. Its DNS record must point to the load balancer. */
  domainName: hostName,
  /** Certificate for `domainName`, in the stage's region. */
  certificateArn,
  /** What port 80 does: `redirect` to HTTPS, or `forward` unencrypted, which is for development only. */
  plainHttp: v.picklist(['redirect', 'forward']),
  requestsPerAddress,
});

/** Clients reach one CloudFront distribution, which has all lanes and the console behind one host name. */
const distributionEdge = v.strictObject({
  type: v.literal('cloudfront'),
  /**
   * Host name that clients use: the stage's own, with `certificateArn`, or the one that CloudFront has
   * assigned, which the first deploy prints. Leave it out before that: everything works except signing in to
   * the stage's own user pool, which sends users back to a host that it knows.
   */
  host: v.optional(hostName),
  /** Certificate for a `host` of the stage's own, in us-east-1. */
  certificateArn: v.optional(certificateArn),
  /**
   * Prefix list `com.amazonaws.global.cloudfront.origin-facing` in the stage's region: only its addresses may
   * reach the load balancer.
   */
  originPrefixListId: v.pipe(v.string(), v.regex(/^pl-[0-9a-f]{8,17}$/, 'the id of a prefix list')),
  /** Longest silence that CloudFront allows on a stream. More than 120 needs a higher CloudFront quota. */
  originReadTimeoutSeconds: setting(1, 120, 60),
  /** How long CloudFront keeps an idle connection to the load balancer open. */
  originKeepAliveSeconds: setting(1, 120, 30),
  requestsPerAddress,
});

/** How clients reach the stage. */
export const edgeSettings = v.variant('type', [loadBalancerEdge, distributionEdge]);

export type EdgeSettings = v.InferOutput<typeof edgeSettings>;
export type LoadBalancerEdge = Extract<EdgeSettings, { type: 'alb' }>;
export type DistributionEdge = Extract<EdgeSettings, { type: 'cloudfront' }>;
