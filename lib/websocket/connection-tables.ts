import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, Billing, ProjectionType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { TTL_ATTRIBUTE } from '../../backbone/contract.ts';
import type { Settings } from '../../backbone/settings.ts';
import { SWEEP_MARK_ID, TABLES, WEBSOCKET_ENV } from '../../lambda/websocket/contract.ts';
import { connectionSettings } from '../../lambda/websocket/settings.ts';
import type { Configurable } from '../lane-function.ts';
import { type MaxThroughput, maxRequestUnits } from '../max-throughput.ts';

export interface ConnectionTablesProps extends Settings<typeof connectionSettings> {
  /** Of each table. */
  readonly maxThroughput: MaxThroughput;
}

/**
 * Who is connected, and who listens to what. Rows live as long as a connection and are worthless without it, so the
 * tables are never kept or backed up. Only the sweep may scan.
 */
export class ConnectionTables extends Construct {
  readonly connections: TableV2;
  readonly subscriptions: TableV2;
  readonly principals: TableV2;
  private readonly environment: Readonly<Record<string, string>>;
  private readonly props: ConnectionTablesProps;

  constructor(scope: Construct, id: string, props: ConnectionTablesProps) {
    super(scope, id);
    this.props = props;
    const maximum = maxRequestUnits(props.maxThroughput);
    const shared = {
      billing: Billing.onDemand(maximum),
      timeToLiveAttribute: TTL_ATTRIBUTE,
      removalPolicy: RemovalPolicy.DESTROY,
    };
    const { expiryIndex } = TABLES.connections;
    this.connections = new TableV2(this, 'Connections', {
      ...shared,
      partitionKey: { name: TABLES.connections.partitionKey.name, type: AttributeType.STRING },
      globalSecondaryIndexes: [
        {
          indexName: expiryIndex.name,
          partitionKey: { name: expiryIndex.partitionKey.name, type: AttributeType.STRING },
          sortKey: { name: expiryIndex.sortKey.name, type: AttributeType.NUMBER },
          projectionType: ProjectionType.KEYS_ONLY,
          // Every write of the table is one of the index: a lower maximum here would hold the table up.
          ...maximum,
        },
      ],
    });
    this.subscriptions = new TableV2(this, 'Subscriptions', {
      ...shared,
      partitionKey: { name: TABLES.subscriptions.partitionKey.name, type: AttributeType.STRING },
      sortKey: { name: TABLES.subscriptions.sortKey.name, type: AttributeType.STRING },
    });
    this.principals = new TableV2(this, 'Principals', {
      ...shared,
      partitionKey: { name: TABLES.principals.partitionKey.name, type: AttributeType.STRING },
      sortKey: { name: TABLES.principals.sortKey.name, type: AttributeType.STRING },
    });
    this.environment = {
      [WEBSOCKET_ENV.connectionsTable]: this.connections.tableName,
      [WEBSOCKET_ENV.subscriptionsTable]: this.subscriptions.tableName,
      [WEBSOCKET_ENV.principalsTable]: this.principals.tableName,
    };
  }

  /** `$connect`: writes the row of a new connection, and counts it; where there are too many, looks which of them are gone, and takes the row back. */
  allowOpen(grantee: Configurable): Grant {
    return this.allow(grantee, {
      connections: ['dynamodb:PutItem', 'dynamodb:DeleteItem', 'dynamodb:BatchGetItem'],
      principals: ['dynamodb:UpdateItem', 'dynamodb:GetItem'],
    });
  }

  /** `$disconnect`, and whoever finds a connection gone: deletes it and its subscriptions. */
  allowClose(grantee: Configurable): Grant {
    return this.allow(grantee, {
      connections: ['dynamodb:DeleteItem'],
      subscriptions: ['dynamodb:BatchWriteItem'],
      principals: ['dynamodb:UpdateItem'],
    });
  }

  /** Frames: subscribe and unsubscribe. */
  allowSubscribe(grantee: Configurable): Grant {
    return this.allow(grantee, {
      connections: ['dynamodb:UpdateItem', 'dynamodb:GetItem'],
      subscriptions: ['dynamodb:PutItem', 'dynamodb:DeleteItem'],
    });
  }

  /** Counts what a principal publishes, and what it causes to be posted. */
  allowCount(grantee: Configurable): Grant {
    return this.allow(grantee, { principals: ['dynamodb:UpdateItem'] });
  }

  /** Frames: gives a replay a place among those of its principal, and where there is none looks which of them have ended. */
  allowBeginReplay(grantee: Configurable): Grant {
    return this.allowCount(grantee).combine(this.allow(grantee, { principals: ['dynamodb:GetItem'] }));
  }

  /** Turns of replays: look whether the connection is still there, note how far they have come, and count their posts. */
  allowReplay(grantee: Configurable): Grant {
    return this.allow(grantee, { connections: ['dynamodb:GetItem'], principals: ['dynamodb:UpdateItem'] });
  }

  /** Fan-out: reads a channel's subscribers and forgets those that are gone. */
  allowDeliver(grantee: Configurable): Grant {
    return this.allow(grantee, { subscriptions: ['dynamodb:Query', 'dynamodb:DeleteItem'] });
  }

  /** Finds the connections whose token has expired. */
  allowExpire(grantee: Configurable): Grant {
    const index = `${this.connections.tableArn}/index/${TABLES.connections.expiryIndex.name}`;
    return Grant.addToPrincipal({ grantee, actions: ['dynamodb:Query'], resourceArns: [index] });
  }

  /** The sweep: goes over all connections, and reads and writes the one row in which it remembers where it stopped. */
  allowSweep(grantee: Configurable): Grant {
    const mark = Grant.addToPrincipal({
      grantee,
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem'],
      resourceArns: [this.connections.tableArn],
      conditions: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': [SWEEP_MARK_ID] } },
    });
    return this.allow(grantee, { connections: ['dynamodb:Scan'] }).combine(mark);
  }

  private allow(
    grantee: Configurable,
    actionsOn: Readonly<Partial<Record<'connections' | 'subscriptions' | 'principals', string[]>>>,
  ): Grant {
    for (const [key, value] of Object.entries(this.environment)) grantee.addEnvironment(key, value);
    grantee.settings.add(connectionSettings, this.props);
    const grants = (['connections', 'subscriptions', 'principals'] as const).flatMap((table) => {
      const actions = actionsOn[table];
      return actions === undefined ? [] : [Grant.addToPrincipal({ grantee, actions, resourceArns: [this[table].tableArn] })];
    });
    return grants.reduce((all, next) => all.combine(next));
  }
}
