import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';
import { FINDINGS } from './lane-log-group.findings.ts';

export interface LaneLogGroupProps {
  /** How long CloudWatch keeps what is written. */
  readonly retention: RetentionDays;
  /** @default - CloudFormation makes one up */
  readonly name?: string;
}

/** A log of a function, a service, an API or a network. It goes with its stack. */
export class LaneLogGroup extends LogGroup {
  constructor(scope: Construct, id: string, props: LaneLogGroupProps) {
    super(scope, id, {
      retention: props.retention,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(props.name !== undefined && { logGroupName: props.name }),
    });
    acknowledge(this, ...FINDINGS.encryptedByTheService);
    if (props.retention < RetentionDays.ONE_YEAR) {
      acknowledge(this, ...FINDINGS.shortRetention);
    }
  }

  /** Its ARN without the `:*` that `logGroupArn` ends in, as services that deliver logs take it. */
  get deliveryArn(): string {
    return Stack.of(this).formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: this.logGroupName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
  }
}
