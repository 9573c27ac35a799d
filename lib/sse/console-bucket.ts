import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledgements.ts';
import { PRIVATE_BUCKET } from '../private-bucket.ts';
import { FINDINGS } from './console-bucket.findings.ts';

/** How long a file can be restored after a deploy has replaced it or somebody has deleted it. */
const REPLACED_FILES_DAYS = 30;

export interface ConsoleBucketProps {
  /** Keep the bucket when the stack is deleted. Otherwise it is emptied and deleted too. */
  readonly production: boolean;
}

/** Holds the files of the console, readable by one distribution only. */
export class ConsoleBucket extends Construct {
  readonly bucket: IBucket;

  constructor(scope: Construct, id: string, { production }: ConsoleBucketProps) {
    super(scope, id);
    const bucket = new Bucket(this, 'Bucket', {
      ...PRIVATE_BUCKET,
      minimumTLSVersion: 1.2,
      lifecycleRules: [
        { noncurrentVersionExpiration: Duration.days(REPLACED_FILES_DAYS), abortIncompleteMultipartUploadAfter: Duration.days(1) },
      ],
      ...(production ? { removalPolicy: RemovalPolicy.RETAIN } : { removalPolicy: RemovalPolicy.DESTROY, autoDeleteObjects: true }),
    });
    acknowledge(bucket, ...FINDINGS.accessLoggedElsewhere);
    acknowledge(bucket, ...FINDINGS.publicFiles);
    acknowledge(bucket, ...FINDINGS.madeAgainByDeploys);
    acknowledge(bucket, ...FINDINGS.nobodyListens);
    if (!production) {
      acknowledge(Stack.of(this).node.findChild('Custom::S3AutoDeleteObjectsCustomResourceProvider'), ...FINDINGS.emptierOutsideVpc);
    }
    // The CDK's classes do not satisfy their own interfaces under exactOptionalPropertyTypes, hence `as`.
    this.bucket = bucket as IBucket;
  }
}
