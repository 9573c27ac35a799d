import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledgements.ts';

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
    acknowledge(
      this,
      'CloudWatch Logs encrypts every log with a key of its own. Logs here name channels, connections and addresses, and never hold an event, a token or a query string, so a key of the account would protect nothing that a reader of the logs may not see.',
      'NIST.800.53.R5-CloudWatchLogGroupEncrypted',
      'CT.CLOUDWATCH.PR.3',
    );
    if (props.retention < RetentionDays.ONE_YEAR) {
      acknowledge(
        this,
        'The stage keeps its logs for a shorter time, which it says in lib/stages: it is for development. Production keeps them for a year.',
        'CT.CLOUDWATCH.PR.2',
      );
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
