import { Duration, Lazy, RemovalPolicy } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { type IVpc, Peer } from 'aws-cdk-lib/aws-ec2';
import type { ApplicationListener } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import {
  ApplicationLoadBalancer,
  ApplicationProtocol,
  ApplicationProtocolVersion,
  ApplicationTargetGroup,
  ListenerAction,
  SslPolicy,
  TargetGroupLoadBalancingAlgorithmType,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { SSE_ENV, SSE_PATHS } from '../../fargate/sse/contract.ts';
import { acknowledge } from '../acknowledgements.ts';
import type { DistributionEdge, EdgeSettings, LoadBalancerEdge } from '../edge/edge-settings.ts';
import { contentSecurityPolicy, STRICT_TRANSPORT_SECONDS } from '../edge/page-policy.ts';
import { WebAcl } from '../edge/web-acl.ts';
import type { Configurable } from '../lane-function.ts';
import { PRIVATE_BUCKET } from '../private-bucket.ts';
import { FINDINGS } from './sse-load-balancer.findings.ts';

/**
 * Longest idle timeout of an Application Load Balancer (its attributes in the ELB guide, 2026-11). Synth
 * accepts more, but the deploy fails.
 */
const MAX_IDLE_TIMEOUT_SECONDS = 4_000;

export interface SseLoadBalancerProps {
  readonly vpc: IVpc;
  /** Whether clients reach it from the internet, or CloudFront from inside the VPC. */
  readonly edge: EdgeSettings;
  /** Longest silence on a connection, 1 to 4000 s. */
  readonly idleTimeout: Duration;
  /** How long streams to a leaving task stay open, 0 to 3600 s. */
  readonly deregistrationDelay: Duration;
  /** Port of the tasks. */
  readonly targetPort: number;
  /** How long access logs are kept. */
  readonly accessLogDays: RetentionDays;
  readonly deletionProtection: boolean;
  /**
   * Where the console connects to besides its own origin, if this load balancer serves it. Called during
   * synth.
   */
  readonly connectTo: () => readonly string[];
}

/**
 * Uses HTTP/2 over TLS towards clients, or HTTP towards CloudFront over its private connection, and HTTP/1.1
 * towards tasks. A target group of protocol version HTTP2 would answer HTTP/1.1 clients, including
 * CloudFront, with 464.
 */
export class SseLoadBalancer extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly targetGroup: ApplicationTargetGroup;
  /** Undefined behind CloudFront, where TLS ends. */
  readonly https: ApplicationListener | undefined;
  readonly http: ApplicationListener;
  readonly accessLogs: Bucket;
  private readonly logRetention: RetentionDays;

  constructor(scope: Construct, id: string, props: SseLoadBalancerProps) {
    super(scope, id);
    const idleTimeoutSeconds = props.idleTimeout.toSeconds();
    this.logRetention = props.accessLogDays;
    if (!(idleTimeoutSeconds >= 1 && idleTimeoutSeconds <= MAX_IDLE_TIMEOUT_SECONDS)) {
      throw new Error(`idleTimeout must be 1 to ${MAX_IDLE_TIMEOUT_SECONDS} s, not ${idleTimeoutSeconds} s`);
    }
    this.accessLogs = new Bucket(this, 'AccessLogs', {
      // Not with a KMS key: the load balancer cannot write to such a bucket.
      ...PRIVATE_BUCKET,
      lifecycleRules: [
        {
          expiration: Duration.days(props.accessLogDays),
          // An object that expires becomes a version that is not current. Requests may hold tokens, and are not to be kept twice as long.
          noncurrentVersionExpiration: Duration.days(1),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      // S3 refuses to delete a bucket that holds objects, one that a failed create made too: the load balancer writes a test file at once.
      // They expire by themselves; the bucket is left for the operator.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(this.accessLogs, ...FINDINGS.isTheAccessLog);
    acknowledge(this.accessLogs, ...FINDINGS.noKmsKey);
    acknowledge(this.accessLogs, ...FINDINGS.notReplicated);
    acknowledge(this.accessLogs, ...FINDINGS.nobodyListens);
    this.loadBalancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: props.vpc,
      internetFacing: props.edge.type === 'alb',
      http2Enabled: true,
      idleTimeout: props.idleTimeout,
      dropInvalidHeaderFields: true,
      deletionProtection: props.deletionProtection,
    });
    // The CDK's classes do not satisfy their own interfaces under exactOptionalPropertyTypes, hence `as`.
    this.loadBalancer.logAccessLogs(this.accessLogs as IBucket);
    if (!props.deletionProtection) {
      acknowledge(this.loadBalancer, ...FINDINGS.deletableStage);
    }
    this.targetGroup = this.addTasks(props);
    const toTasks = ListenerAction.forward([this.targetGroup]);
    if (props.edge.type === 'alb') {
      ({ https: this.https, http: this.http } = this.openToClients(props.edge, toTasks, props.connectTo));
    } else {
      this.https = undefined;
      this.http = this.openToCloudFront(props.edge, toTasks);
    }
  }

  private addTasks({ vpc, targetPort, deregistrationDelay }: SseLoadBalancerProps): ApplicationTargetGroup {
    return new ApplicationTargetGroup(this, 'Tasks', {
      vpc,
      targetType: TargetType.IP,
      port: targetPort,
      protocol: ApplicationProtocol.HTTP,
      protocolVersion: ApplicationProtocolVersion.HTTP1,
      // An open stream is an outstanding request, so this balances by open streams. It cannot be combined
      // with slow start.
      loadBalancingAlgorithmType: TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
      deregistrationDelay,
      healthCheck: {
        path: SSE_PATHS.ready,
        healthyHttpCodes: '200',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 3,
      },
    });
  }

  private openToClients(
    { certificateArn, plainHttp, requestsPerAddress }: LoadBalancerEdge,
    toTasks: ListenerAction,
    connectTo: () => readonly string[],
  ): Record<'https' | 'http', ApplicationListener> {
    acknowledge(this.loadBalancer, ...FINDINGS.publicEntry);
    if (requestsPerAddress === null) {
      acknowledge(this.loadBalancer, ...FINDINGS.noWebAcl);
    } else {
      new WebAcl(this, 'WebAcl', { scope: 'REGIONAL', requestsPerAddress, logRetention: this.logRetention }).protect(
        this.loadBalancer.loadBalancerArn,
      );
    }
    const https = this.loadBalancer.addListener('Https', {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      certificates: [Certificate.fromCertificateArn(this, 'Certificate', certificateArn)],
      sslPolicy: SslPolicy.TLS13_12_RES_PQ,
      defaultAction: toTasks,
    });
    const http = this.loadBalancer.addListener('Http', {
      port: 80,
      protocol: ApplicationProtocol.HTTP,
      defaultAction:
        plainHttp === 'forward'
          ? ListenerAction.forward([this.targetGroup])
          : ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }),
    });
    addHeaders(https, { ...pageHeaders(connectTo), strict_transport_security: `max-age=${STRICT_TRANSPORT_SECONDS}` });
    if (plainHttp === 'forward') {
      // Browsers accept Strict-Transport-Security over HTTPS only (RFC 6797, 8.1).
      addHeaders(http, pageHeaders(connectTo));
      acknowledge(http, ...FINDINGS.plainHttpInDevelopment);
    } else {
      acknowledge(http, ...FINDINGS.onlyRedirects);
    }
    return { https, http };
  }

  private openToCloudFront({ originPrefixListId }: DistributionEdge, toTasks: ListenerAction): ApplicationListener {
    acknowledge(this.loadBalancer, ...FINDINGS.aclAtTheDistribution);
    const http = this.loadBalancer.addListener('Http', {
      port: 80,
      protocol: ApplicationProtocol.HTTP,
      open: false,
      defaultAction: toTasks,
    });
    http.connections.allowDefaultPortFrom(Peer.prefixList(originPrefixListId), 'CloudFront, through its VPC origin');
    acknowledge(http, ...FINDINGS.tlsEndsAtCloudFront);
    return http;
  }

  /** Lets a task check whether it is draining, and tells it the target group. */
  allowWatchTarget(task: Configurable): Grant {
    task.addEnvironment(SSE_ENV.targetGroupArns, this.targetGroup.targetGroupArn);
    acknowledge(task.grantPrincipal, ...FINDINGS.targetHealthHasNoResource);
    return Grant.addToPrincipal({ grantee: task, actions: ['elasticloadbalancing:DescribeTargetHealth'], resourceArns: ['*'] });
  }
}

/** By the names that these headers have in a listener's attributes. */
const pageHeaders = (connectTo: () => readonly string[]) => ({
  content_security_policy: Lazy.string({ produce: () => contentSecurityPolicy(connectTo()) }),
  x_content_type_options: 'nosniff',
  // For browsers that do not know frame-ancestors.
  x_frame_options: 'DENY',
});

/** Headers of every response of the listener, whatever the service sends. */
function addHeaders(listener: ApplicationListener, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) listener.setAttribute(`routing.http.response.${name}.header_value`, value);
}
