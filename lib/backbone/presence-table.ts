import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { PRESENCE_ENV, PRESENCE_TABLE, TTL_ATTRIBUTE } from '../../backbone/contract.ts';
import type { Configurable } from '../lane-function.ts';
import { type MaxThroughput, maxRequestUnits } from '../max-throughput.ts';

export interface PresenceTableProps {
  readonly maxThroughput: MaxThroughput;
}

/**
 * Who is present on which channel. Rows live as long as a connection and are worthless without it, so the table is never
 * kept or backed up.
 */
export class PresenceTable extends Construct {
  readonly table: TableV2;

  constructor(scope: Construct, id: string, { maxThroughput }: PresenceTableProps) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      partitionKey: { name: PRESENCE_TABLE.partitionKey.name, type: AttributeType.STRING },
      sortKey: { name: PRESENCE_TABLE.sortKey.name, type: AttributeType.STRING },
      billing: Billing.onDemand(maxRequestUnits(maxThroughput)),
      timeToLiveAttribute: TTL_ATTRIBUTE,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  /** Lets a function or service write and remove members, and renew its lease. */
  allowWrite(grantee: Configurable): Grant {
    return this.allow(grantee, ['dynamodb:BatchWriteItem']);
  }

  /** Lets a function or service extend the leases of rows that have one of their own. */
  allowExtend(grantee: Configurable): Grant {
    return this.allow(grantee, ['dynamodb:UpdateItem']);
  }

  /** Lets a function or service read who is present. */
  allowRead(grantee: Configurable): Grant {
    return this.allow(grantee, ['dynamodb:Query', 'dynamodb:BatchGetItem']);
  }

  private allow(grantee: Configurable, actions: string[]): Grant {
    grantee.addEnvironment(PRESENCE_ENV.table, this.table.tableName);
    return Grant.addToPrincipal({ grantee, actions, resourceArns: [this.table.tableArn] });
  }
}
