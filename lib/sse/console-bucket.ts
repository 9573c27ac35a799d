import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledgements.ts';
import { PRIVATE_BUCKET } from '../private-bucket.ts';

/** How long a file that a deploy has replaced, or somebody has deleted, can be brought back. */
const REPLACED_FILES_DAYS = 30;

export interface ConsoleBucketProps {
  /** Leave the bucket when the stack goes. Otherwise it is emptied and goes with it. */
  readonly production: boolean;
}

/** Holds the files of the console, for one distribution to read and for nobody else. */
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
    acknowledge(
      bucket,
      'The only reader is the distribution, whose access log has every request. It is written in deploys only, by a function that logs what it copies.',
      'AwsSolutions-S1',
      'NIST.800.53.R5-S3BucketLoggingEnabled',
      'CT.S3.PR.2',
    );
    acknowledge(
      bucket,
      'The files are the same for everybody who opens the page, signed in or not. S3 encrypts them with its own key, and another one would keep them from nobody.',
      'NIST.800.53.R5-S3DefaultEncryptionKMS',
      'CT.S3.PR.10',
    );
    acknowledge(
      bucket,
      'The files are made from the source code in every deploy, so the next one writes again what is lost or changed. A lock would keep the deploy itself from replacing them.',
      'NIST.800.53.R5-S3BucketReplicationEnabled',
      'CT.S3.PR.9',
    );
    acknowledge(bucket, 'Nothing acts on the arrival of a file.', 'CT.S3.PR.4');
    if (!production) {
      acknowledge(
        Stack.of(this).node.findChild('Custom::S3AutoDeleteObjectsCustomResourceProvider'),
        'The function is the one of the CDK that empties a bucket which is about to be deleted. It calls S3 and CloudFormation over TLS, and nothing in a VPC.',
        'CT.LAMBDA.PR.3',
      );
    }
    // The CDK's classes do not satisfy their own interfaces under exactOptionalPropertyTypes, hence `as`.
    this.bucket = bucket as IBucket;
  }
}
