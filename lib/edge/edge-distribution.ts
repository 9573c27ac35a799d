import { Duration } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { type BehaviorOptions, Distribution, HttpVersion, SecurityPolicyProtocol, ViewerProtocolPolicy } from 'aws-cdk-lib/aws-cloudfront';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledgements.ts';
import { FINDINGS } from './edge-distribution.findings.ts';
import type { EdgePart } from './edge-part.ts';
import type { DistributionEdge } from './edge-settings.ts';

/**
 * By default CloudFront caches these errors for ten seconds, whatever the cache policy and `Cache-Control`
 * say, and its cache key has no query. The 503 of one full or draining task would then answer everybody at
 * that edge location. All other errors of the service are `no-store`, which CloudFront respects.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
 */
const ERRORS_TO_FORGET = [500, 502, 503, 504];

export interface EdgeDistributionProps {
  readonly edge: DistributionEdge;
  /** What is behind the distribution. At least one. */
  readonly parts: readonly EdgePart[];
  /** Undefined where the stage has no web ACL. */
  readonly webAclArn: string | undefined;
}

/** One host name for all lanes and the console, over HTTP/1.1, HTTP/2 and HTTP/3. */
export class EdgeDistribution extends Construct {
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, props: EdgeDistributionProps) {
    super(scope, id);
    const { edge, parts, webAclArn } = props;
    const behaviors = parts.map((part) => part.behaviors(this));
    const paths = Object.assign({}, ...behaviors.map((lane) => lane.paths)) as Readonly<Record<string, BehaviorOptions>>;
    const rest = behaviors.find((lane) => lane.rest !== undefined)?.rest ?? Object.values(paths)[0];
    if (rest === undefined) throw new Error('a distribution needs at least one lane behind it: add one to lib/lanes.ts');
    this.distribution = new Distribution(this, 'Distribution', {
      comment: 'realtime-lanes: both lanes and the console',
      httpVersion: HttpVersion.HTTP2_AND_3,
      // CloudFront requests `/index.html` instead of `/`.
      defaultRootObject: 'index.html',
      ...(webAclArn !== undefined && { webAclId: webAclArn }),
      errorResponses: ERRORS_TO_FORGET.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
      ...(edge.host !== undefined &&
        edge.certificateArn !== undefined && {
          domainNames: [edge.host],
          minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
          certificate: Certificate.fromCertificateArn(this, 'Certificate', edge.certificateArn),
        }),
      defaultBehavior: { ...rest, viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS },
      additionalBehaviors: paths,
    });
    acknowledge(this.distribution, ...FINDINGS.noGeoRestriction);
    acknowledge(this.distribution, ...FINDINGS.loggedByDelivery);
    acknowledge(this.distribution, ...FINDINGS.oneOrigin);
    if (webAclArn === undefined) acknowledge(this.distribution, ...FINDINGS.noWebAcl);
    if (edge.certificateArn === undefined) {
      acknowledge(this.distribution, ...FINDINGS.certificateOfCloudFront);
    }
  }
}
