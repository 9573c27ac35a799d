import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { LOG_ENV, LOG_TABLE, TTL_ATTRIBUTE } from '../../backbone/contract.ts';
import { logSettings, readSettings, type Settings } from '../../backbone/settings.ts';
import type { Configurable } from '../lane-function.ts';
import { type MaxThroughput, maxRequestUnits } from '../max-throughput.ts';
import type { StageBase } from '../stage-base.ts';

export interface EventLogProps extends Settings<typeof readSettings> {
  /** How long an event can be replayed. */
  readonly retentionHours: number;
  /** Which channels are not durable. */
  readonly channels: StageBase['channels'];
  readonly maxThroughput: MaxThroughput;
  /**
   * Keep the table when it leaves the stack, protect it against deletion, and allow restoring it to any
   * second of the last 35 days.
   */
  readonly production: boolean;
}

const READ_ACTIONS = ['dynamodb:GetItem', 'dynamodb:Query', 'dynamodb:PutItem'];

/** The table that decides what has been published: events, channel heads, idempotency keys. */
export class EventLog extends Construct {
  readonly table: TableV2;
  private readonly props: EventLogProps;

  constructor(scope: Construct, id: string, props: EventLogProps) {
    super(scope, id);
    this.props = props;
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: LOG_TABLE.partitionKey.name, type: AttributeType.STRING },
      sortKey: { name: LOG_TABLE.sortKey.name, type: AttributeType.NUMBER },
      billing: Billing.onDemand(maxRequestUnits(props.maxThroughput)),
      timeToLiveAttribute: TTL_ATTRIBUTE,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: props.production },
      deletionProtection: props.production,
      removalPolicy: props.production ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
  }

  /**
   * Lets a consumer read and resume, and sets its environment for that. It may write one kind of item: the
   * tombstone that closes a gap below the channel's head. Nobody may delete or scan.
   */
  allowRead(consumer: Configurable): Grant {
    consumer.settings.add(readSettings, this.props);
    return this.allow(consumer, READ_ACTIONS);
  }

  /** Lets a consumer with {@link allowRead} compare many channels with their heads at once. */
  allowCompareHeads(consumer: Configurable): Grant {
    return Grant.addToPrincipal({ grantee: consumer, actions: ['dynamodb:BatchGetItem'], resourceArns: [this.table.tableArn] });
  }

  /** Lets a publisher take positions and write events, and sets its environment for that. */
  allowWrite(publisher: Configurable): Grant {
    return this.allow(publisher, [...READ_ACTIONS, 'dynamodb:UpdateItem']);
  }

  private allow(grantee: Configurable, actions: string[]): Grant {
    grantee.addEnvironment(LOG_ENV.table, this.table.tableName);
    const { retentionHours, channels } = this.props;
    grantee.settings.add(logSettings, { retentionMs: retentionHours * 3_600_000, channels });
    return Grant.addToPrincipal({
      grantee,
      actions,
      resourceArns: [this.table.tableArn],
    });
  }
}
