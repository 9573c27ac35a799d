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
  /** Files of the console. @default - what is no path of a lane is the service's to answer */
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

/** How long a file is kept says the file itself: `console-files.ts`. */
function consoleBehavior(scope: Construct, bucket: IBucket): BehaviorOptions {
  // Who may not list is answered 403 for a file that is not there. What may be listed is no secret, and no path lists it.
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
      // Over a private connection, to a load balancer without a public address: ADR 17 says why not HTTPS.
      protocolPolicy: OriginProtocolPolicy.HTTP_ONLY,
      readTimeout: Duration.seconds(edge.originReadTimeoutSeconds),
      keepaliveTimeout: Duration.seconds(edge.originKeepAliveSeconds),
    }),
    // With `Host` and with CloudFront-Forwarded-Proto: by them the service knows a page of its own from others.
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_AND_CLOUDFRONT_2022,
    allowedMethods: AllowedMethods.ALLOW_ALL,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    // What is compressed is gathered first, and events would wait.
    compress: false,
    // A redirect would come after the token had been sent in the clear.
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
  };
}
