import { join } from 'node:path';
import { Annotations, Duration } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AccessLevel,
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin, VpcOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { ApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledgements.ts';
import { ROOT } from '../bundle.ts';
import type { DistributionEdge } from './edge-config.ts';
import { securityHeaders } from './security-headers.ts';

/**
 * CloudFront keeps these errors for ten seconds by default, whatever the cache policy and `Cache-Control` say, and the key of what
 * it keeps has no query: the 503 of one full or draining task would answer everybody who asks that edge location. Errors of
 * the service that are not listed are `no-store`, which CloudFront heeds.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/custom-error-pages-expiration.html
 */
const ERRORS_TO_FORGET = [500, 502, 503, 504];

export interface EdgeDistributionProps {
  readonly edge: DistributionEdge;
  /** Files of the console. @default - what is no path of a lane is the service's to answer */
  readonly consoleBucket?: IBucket | undefined;
  /** Internal, with a listener for HTTP. @default - the distribution has the WebSocket lane only */
  readonly loadBalancer?: ApplicationLoadBalancer | undefined;
  /** @default - the distribution has the SSE lane only */
  readonly webSocket?: { readonly apiDomainName: string; readonly stageName: string } | undefined;
  /** Where the console connects to besides the distribution. @default - nowhere */
  readonly connectTo?: readonly string[] | undefined;
  readonly webAclArn: string;
}

/** One host name for both lanes and the console, over HTTP/1.1, HTTP/2 and HTTP/3. */
export class EdgeDistribution extends Construct {
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, props: EdgeDistributionProps) {
    super(scope, id);
    const { edge, consoleBucket, loadBalancer, webSocket, webAclArn } = props;
    const headers = (loadBalancer || consoleBucket) && { responseHeadersPolicy: securityHeaders(this, props.connectTo ?? []) };
    const page = consoleBucket && { ...this.consoleBehavior(consoleBucket), ...headers };
    const service = loadBalancer && { ...this.serviceBehavior(edge, loadBalancer), ...headers };
    const frames = webSocket && this.webSocketBehavior(webSocket.apiDomainName);
    const lane = service ?? frames;
    if (lane === undefined) throw new Error('a distribution needs a lane behind it');
    this.distribution = new Distribution(this, 'Distribution', {
      comment: 'realtime-lanes: both lanes and the console',
      httpVersion: HttpVersion.HTTP2_AND_3,
      // CloudFront asks for `/index.html` in the place of `/`.
      defaultRootObject: 'index.html',
      webAclId: webAclArn,
      errorResponses: ERRORS_TO_FORGET.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
      ...(edge.host !== undefined &&
        edge.certificateArn !== undefined && {
          domainNames: [edge.host],
          minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
          certificate: Certificate.fromCertificateArn(this, 'Certificate', edge.certificateArn),
        }),
      defaultBehavior: { ...(page ?? lane), viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS },
      additionalBehaviors: {
        ...(service && { '/v1/*': service }),
        ...(webSocket && frames && { [`/${webSocket.stageName}`]: frames }),
      },
    });
    acknowledge(
      this.distribution,
      'Tokens decide who may use the lanes, wherever they are. An organization that must keep countries out adds them to the web ACL.',
      'AwsSolutions-CFR1',
    );
    acknowledge(
      this.distribution,
      'Access logs are delivered by CloudWatch Logs (lib/edge/access-log.ts), with a list of fields that leaves out query and cookie, which may hold tokens. The rule knows only the older kind, which cannot leave the query out.',
      'AwsSolutions-CFR3',
      'CT.CLOUDFRONT.PR.5',
    );
    acknowledge(
      this.distribution,
      'A second origin would be a second lane with its own streams. What fails over is behind the load balancer, which has tasks in two zones; clients come back at their cursor by themselves.',
      'CT.CLOUDFRONT.PR.4',
    );
    if (edge.certificateArn === undefined) {
      acknowledge(
        this.distribution,
        'A distribution without a domain of its own uses the certificate of CloudFront, whose security policy cannot be chosen. A stage with more to protect names a host and a certificate.',
        'AwsSolutions-CFR4',
        'CT.CLOUDFRONT.PR.6',
        'CT.CLOUDFRONT.PR.7',
        'CT.CLOUDFRONT.PR.9',
      );
    }
  }

  /** How long a file is kept says the file itself: `lib/edge/console-files.ts`. */
  private consoleBehavior(bucket: IBucket): BehaviorOptions {
    // Who may not list is answered 403 for a file that is not there. What may be listed is no secret, and no path lists it.
    const origin = S3BucketOrigin.withOriginAccessControl(bucket, { originAccessLevels: [AccessLevel.READ, AccessLevel.LIST] });
    Annotations.of(this).acknowledgeWarning(
      '@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk',
      'The distribution has a default root object, so that nothing lists the bucket.',
    );
    return {
      origin,
      cachePolicy: CachePolicy.CACHING_OPTIMIZED,
      compress: true,
    };
  }

  private serviceBehavior(edge: DistributionEdge, loadBalancer: ApplicationLoadBalancer): BehaviorOptions {
    return {
      origin: VpcOrigin.withApplicationLoadBalancer(loadBalancer, {
        // Over a private connection, to a load balancer without a public address: record 17 says why not HTTPS.
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

  private webSocketBehavior(apiDomainName: string): BehaviorOptions {
    const viewerHost = new EdgeFunction(this, 'ViewerHost', {
      comment: 'Tells the WebSocket lane by which host the client came',
      runtime: FunctionRuntime.JS_2_0,
      code: FunctionCode.fromFile({ filePath: join(ROOT, 'lib', 'edge', 'viewer-host.js') }),
    });
    return {
      origin: new HttpOrigin(apiDomainName, { protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY }),
      // Sec-WebSocket-*, cookies and query, and no `Host`: API Gateway finds its API by it.
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      compress: false,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      functionAssociations: [{ function: viewerHost, eventType: FunctionEventType.VIEWER_REQUEST }],
    };
  }
}
