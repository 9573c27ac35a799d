import { Annotations, Duration } from 'aws-cdk-lib';
import {
  AccessLevel,
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin, VpcOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { EdgeBehaviors } from '../edge/edge-part.ts';
import type { DistributionEdge } from '../edge/edge-settings.ts';
import { securityHeaders } from '../edge/security-headers.ts';

export interface SseBehaviorsProps {
  readonly edge: DistributionEdge;
  /** Internal, with a listener for HTTP. */
  readonly loadBalancer: ApplicationLoadBalancer;
  /** Files of the console. @default - the service answers all paths that belong to no lane */
  readonly consoleBucket?: IBucket | undefined;
  /** Where the console connects to besides the distribution. */
  readonly connectTo: readonly string[];
}

/** How a distribution reaches the service and the console. */
export function sseBehaviors(scope: Construct, { edge, loadBalancer, consoleBucket, connectTo }: SseBehaviorsProps): EdgeBehaviors {
  const headers = { responseHeadersPolicy: securityHeaders(scope, connectTo) };
  const page = consoleBucket && { ...consoleBehavior(scope, consoleBucket), ...headers };
  const service = { ...serviceBehavior(edge, loadBalancer), ...headers };
  return { paths: { '/v1/*': service }, rest: page ?? service };
}

/** The files themselves set how long they are cached: see `console-files.ts`. */
function consoleBehavior(scope: Construct, bucket: IBucket): BehaviorOptions {
  // Without the permission to list, a missing file is answered with 403. The file names are not secret, and
  // no path lists them.
  const origin = S3BucketOrigin.withOriginAccessControl(bucket, { originAccessLevels: [AccessLevel.READ, AccessLevel.LIST] });
  Annotations.of(scope).acknowledgeWarning(
    '@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk',
    'The distribution has a default root object, so that nothing lists the bucket.',
  );
  return {
    origin,
    cachePolicy: CachePolicy.CACHING_OPTIMIZED,
    compress: true,
  };
}

function serviceBehavior(edge: DistributionEdge, loadBalancer: ApplicationLoadBalancer): BehaviorOptions {
  return {
    origin: VpcOrigin.withApplicationLoadBalancer(loadBalancer, {
      // Over a private connection, to a load balancer without a public address: ADR 17 explains why not
      // HTTPS.
      protocolPolicy: OriginProtocolPolicy.HTTP_ONLY,
      readTimeout: Duration.seconds(edge.originReadTimeoutSeconds),
      keepaliveTimeout: Duration.seconds(edge.originKeepAliveSeconds),
    }),
    // With `Host` and CloudFront-Forwarded-Proto, by which the service tells its own pages from others.
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_AND_CLOUDFRONT_2022,
    allowedMethods: AllowedMethods.ALLOW_ALL,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    // Compression collects data first, so events would be delayed.
    compress: false,
    // A redirect would come too late: the token would already have been sent unencrypted.
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
  };
}
