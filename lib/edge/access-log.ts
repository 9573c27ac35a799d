import { Names } from 'aws-cdk-lib';
import type { IDistribution } from 'aws-cdk-lib/aws-cloudfront';
import { CfnDelivery, CfnDeliveryDestination, CfnDeliverySource, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { LaneLogGroup } from '../lane-log-group.ts';

/**
 * Everything that an investigation needs, except `cs-uri-query` and `cs(Cookie)`: either may contain a token.
 */
const FIELDS = [
  'date',
  'time',
  'x-edge-location',
  'x-edge-request-id',
  'x-edge-result-type',
  'x-edge-detailed-result-type',
  'c-ip',
  'cs-method',
  'cs-uri-stem',
  'cs-protocol',
  'cs-protocol-version',
  'cs-bytes',
  'sc-status',
  'sc-bytes',
  'ssl-protocol',
  'time-taken',
  'time-to-first-byte',
];

export interface DistributionLogProps {
  readonly distribution: IDistribution;
  readonly logRetention: RetentionDays;
}

/**
 * One line of JSON for each request to a distribution, written when it ends. The stack must be in us-east-1,
 * otherwise the deploy fails.
 */
export class DistributionLog extends Construct {
  readonly logGroup: LaneLogGroup;

  constructor(scope: Construct, id: string, { distribution, logRetention }: DistributionLogProps) {
    super(scope, id);
    this.logGroup = new LaneLogGroup(this, 'Log', { retention: logRetention });
    const name = Names.uniqueResourceName(this, { maxLength: 60 });
    const source = new CfnDeliverySource(this, 'Source', {
      name,
      logType: 'ACCESS_LOGS',
      resourceArn: distribution.distributionArn,
    });
    const destination = new CfnDeliveryDestination(this, 'Destination', {
      name,
      outputFormat: 'json',
      destinationResourceArn: this.logGroup.deliveryArn,
    });
    const delivery = new CfnDelivery(this, 'Delivery', {
      deliverySourceName: source.name,
      deliveryDestinationArn: destination.attrArn,
      recordFields: FIELDS,
    });
    // It refers to the source by name, which CloudFormation does not recognize as a dependency.
    delivery.addResourceDependency(source);
  }
}
