import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
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
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { SSE_ENV, SSE_PATHS } from '../../backbone/contract.ts';
import { acknowledge } from '../acknowledgements.ts';
import type { Configurable } from '../lane-function.ts';

/** Longest idle timeout of an Application Load Balancer (FACTS section 2, 2026-11). Synth accepts more, the deploy fails. */
const MAX_IDLE_TIMEOUT_SECONDS = 4_000;

export interface SseLoadBalancerProps {
  readonly vpc: IVpc;
  /** Certificate of the host name that clients use, in the same region. */
  readonly certificateArn: string;
  /** What port 80 does: `redirect` to HTTPS, or `forward` in the clear. */
  readonly plainHttp: 'redirect' | 'forward';
  /** Longest silence on a connection, 1 to 4000 s. */
  readonly idleTimeoutSeconds: number;
  /** How long streams to a task that is going away stay open, 0 to 3600 s. */
  readonly deregistrationDelaySeconds: number;
  /** Port of the tasks. */
  readonly targetPort: number;
  /** How long access logs are kept. */
  readonly accessLogDays: number;
  readonly deletionProtection: boolean;
}

/**
 * HTTP/2 over TLS towards clients, HTTP/1.1 towards tasks. A target group of protocol version HTTP2 would answer
 * HTTP/1.1 clients, CloudFront among them, with 464.
 */
export class SseLoadBalancer extends Construct {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly targetGroup: ApplicationTargetGroup;
  readonly https: ApplicationListener;
  readonly http: ApplicationListener;
  readonly accessLogs: Bucket;

  constructor(scope: Construct, id: string, props: SseLoadBalancerProps) {
    super(scope, id);
    const { idleTimeoutSeconds } = props;
    if (!(idleTimeoutSeconds >= 1 && idleTimeoutSeconds <= MAX_IDLE_TIMEOUT_SECONDS)) {
      throw new Error(`idleTimeoutSeconds must be 1 to ${MAX_IDLE_TIMEOUT_SECONDS}, not ${idleTimeoutSeconds}`);
    }
    this.accessLogs = new Bucket(this, 'AccessLogs', {
      // The load balancer cannot write to a bucket that is encrypted with a KMS key.
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      // What somebody overwrites or deletes stays readable for as long again.
      versioned: true,
      lifecycleRules: [
        {
          expiration: Duration.days(props.accessLogDays),
          noncurrentVersionExpiration: Duration.days(props.accessLogDays),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      // S3 refuses to delete a bucket that holds objects. They expire by themselves; the bucket is left for the operator.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(
      this.accessLogs,
      'This bucket is where access logs go. Logging the access to it into itself would never end, and it holds nothing else.',
      'AwsSolutions-S1',
      'NIST.800.53.R5-S3BucketLoggingEnabled',
      'CT.S3.PR.2',
    );
    acknowledge(
      this.accessLogs,
      'The load balancer cannot write its access logs to a bucket with a KMS key. S3 encrypts them with its own.',
      'NIST.800.53.R5-S3DefaultEncryptionKMS',
      'CT.S3.PR.10',
    );
    acknowledge(
      this.accessLogs,
      'Access logs serve an investigation and are lost with their Region at worst; the events and users are elsewhere. An organization that must keep them safe from its own administrators copies them into its log archive account, which is where a lock belongs.',
      'NIST.800.53.R5-S3BucketReplicationEnabled',
      'CT.S3.PR.9',
    );
    acknowledge(this.accessLogs, 'Nothing acts on the arrival of an access log.', 'CT.S3.PR.4');
    this.loadBalancer = new ApplicationLoadBalancer(this, 'LoadBalancer', {
      vpc: props.vpc,
      internetFacing: true,
      http2Enabled: true,
      idleTimeout: Duration.seconds(idleTimeoutSeconds),
      dropInvalidHeaderFields: true,
      deletionProtection: props.deletionProtection,
    });
    // The CDK's classes do not satisfy their own interfaces under exactOptionalPropertyTypes, hence `as`.
    this.loadBalancer.logAccessLogs(this.accessLogs as IBucket);
    acknowledge(
      this.loadBalancer,
      'The load balancer is the public entry of the lane. It is open on its listeners only; tasks accept connections from it alone.',
      'AwsSolutions-EC23',
    );
    acknowledge(
      this.loadBalancer,
      'A web ACL belongs to whoever runs the account: which addresses and countries, what rate, whose rule groups. The service needs none to be safe: it checks a token and a limit before it does anything for a request, and test/fuzz holds it against malformed ones. docs/threat-model.md lists the web ACL under what is left to the deployer.',
      'NIST.800.53.R5-ALBWAFEnabled',
    );
    if (!props.deletionProtection) {
      acknowledge(
        this.loadBalancer,
        'The stage is for development: its stacks are to be deleted without a trace. Production protects the load balancer.',
        'NIST.800.53.R5-ELBDeletionProtectionEnabled',
        'CT.ELASTICLOADBALANCING.PR.5',
      );
    }
    this.targetGroup = new ApplicationTargetGroup(this, 'Tasks', {
      vpc: props.vpc,
      targetType: TargetType.IP,
      port: props.targetPort,
      protocol: ApplicationProtocol.HTTP,
      protocolVersion: ApplicationProtocolVersion.HTTP1,
      // An open stream is an outstanding request, so this balances by open streams. It does not go with slow start.
      loadBalancingAlgorithmType: TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
      deregistrationDelay: Duration.seconds(props.deregistrationDelaySeconds),
      healthCheck: {
        path: SSE_PATHS.ready,
        healthyHttpCodes: '200',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 3,
      },
    });
    this.https = this.loadBalancer.addListener('Https', {
      port: 443,
      protocol: ApplicationProtocol.HTTPS,
      certificates: [Certificate.fromCertificateArn(this, 'Certificate', props.certificateArn)],
      sslPolicy: SslPolicy.TLS13_12_RES_PQ,
      defaultAction: ListenerAction.forward([this.targetGroup]),
    });
    this.http = this.loadBalancer.addListener('Http', {
      port: 80,
      protocol: ApplicationProtocol.HTTP,
      defaultAction:
        props.plainHttp === 'forward'
          ? ListenerAction.forward([this.targetGroup])
          : ListenerAction.redirect({ protocol: 'HTTPS', port: '443', permanent: true }),
    });
    if (props.plainHttp === 'forward') {
      acknowledge(
        this.http,
        'The stage is for development without a domain of its own, and says so with plainHttp: forward. A stage of production cannot: its configuration is refused.',
        'NIST.800.53.R5-ALBHttpToHttpsRedirection',
        'NIST.800.53.R5-ELBv2ACMCertificateRequired',
        'CT.ELASTICLOADBALANCING.PR.1',
      );
    } else {
      acknowledge(
        this.http,
        'This listener only redirects to HTTPS, before which no certificate can be shown.',
        'NIST.800.53.R5-ELBv2ACMCertificateRequired',
      );
    }
  }

  /** Lets a task see whether it is draining, and tells it where to look. */
  allowWatchTarget(task: Configurable): Grant {
    task.addEnvironment(SSE_ENV.targetGroupArn, this.targetGroup.targetGroupArn);
    acknowledge(
      task.grantPrincipal,
      'elasticloadbalancing:DescribeTargetHealth knows no resource. It reads the health of targets and changes nothing.',
      'AwsSolutions-IAM5[Resource::*]',
    );
    return Grant.addToPrincipal({ grantee: task, actions: ['elasticloadbalancing:DescribeTargetHealth'], resourceArns: ['*'] });
  }
}
