import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { batchGet } from '../../../backbone/aws/dynamo-batch.ts';
import { ifConditionHolds } from '../../../backbone/aws/dynamo-condition.ts';
import { expirySeconds, isExpired } from '../../../backbone/aws/expiry.ts';
import { ANONYMOUS } from '../../../backbone/domain/principal.ts';
import type { Clock } from '../../../backbone/ports.ts';

export interface DynamoPrincipalConnectionsOptions {
  readonly client: DynamoDBDocumentClient;
  /** A table with the key schema `TABLES.principals` of the contract. */
  readonly principalsTable: string;
  readonly connectionsTable: string;
  readonly clock: Clock;
}

/**
 * Sort key of the row that holds the ids of a principal's connections. No window of publications has this
 * name.
 */
const WINDOW = 'connections';

/**
 * Which connections a principal has: one row with their ids, changed by conditional updates, so that two
 * concurrent connects cannot both take the last place. The id of a connection that ended unnoticed stays
 * until the principal has no room; then the ids without a connection row are removed. The anonymous principal
 * has no limit.
 */
export class DynamoPrincipalConnections {
  readonly #options: DynamoPrincipalConnectionsOptions;

  constructor(options: DynamoPrincipalConnectionsOptions) {
    this.#options = options;
  }

  /**
   * Adds a connection; false if the principal already has `most`. The row outlives all connections that it
   * names.
   */
  async take(principal: string, connectionId: string, most: number, endsAtMs: number): Promise<boolean> {
    if (principal === ANONYMOUS) return true;
    const add = () => this.#add(principal, connectionId, most, endsAtMs);
    if (await add()) return true;
    const gone = await this.#gone(principal);
    if (gone.length === 0) return false;
    await this.give(principal, gone);
    return add();
  }

  async give(principal: string, connectionIds: readonly string[]): Promise<void> {
    if (principal === ANONYMOUS) return;
    await this.#update(principal, {
      UpdateExpression: 'DELETE #ids :ids',
      // Without the condition, the update would recreate the row of a principal whose connections are long
      // gone.
      ConditionExpression: 'attribute_exists(#ids)',
      ExpressionAttributeNames: { '#ids': 'connectionIds' },
      ExpressionAttributeValues: { ':ids': new Set(connectionIds) },
    });
  }

  async #add(principal: string, connectionId: string, most: number, endsAtMs: number): Promise<boolean> {
    return this.#update(principal, {
      UpdateExpression: 'ADD #ids :ids SET #expiresAt = :end',
      ConditionExpression: 'attribute_not_exists(#ids) OR size(#ids) < :most',
      ExpressionAttributeNames: { '#ids': 'connectionIds', '#expiresAt': 'expiresAt' },
      ExpressionAttributeValues: { ':ids': new Set([connectionId]), ':most': most, ':end': expirySeconds(endsAtMs) },
    });
  }

  /** False if the condition did not hold. */
  async #update(
    principal: string,
    update: Omit<ConstructorParameters<typeof UpdateCommand>[0], 'TableName' | 'Key' | 'AttributeUpdates' | 'Expected'>,
  ): Promise<boolean> {
    const { client, principalsTable } = this.#options;
    const command = new UpdateCommand({ TableName: principalsTable, Key: { principal, window: WINDOW }, ...update });
    return (await ifConditionHolds(client.send(command))) !== undefined;
  }

  /** The ids of a principal's connections that have ended. */
  async #gone(principal: string): Promise<readonly string[]> {
    const { client, principalsTable, connectionsTable, clock } = this.#options;
    const { Item } = await client.send(
      new GetCommand({ TableName: principalsTable, Key: { principal, window: WINDOW }, ConsistentRead: true }),
    );
    const { connectionIds = new Set<string>() } = (Item ?? {}) as { readonly connectionIds?: ReadonlySet<string> };
    const keys = [...connectionIds].map((connectionId) => ({ connectionId }));
    const rows = await batchGet<{ readonly connectionId: string; readonly expiresAt: number }>(
      { client, table: connectionsTable, clock },
      keys,
    );
    const open = new Set(rows.filter((row) => !isExpired(row, clock.nowMs())).map(({ connectionId }) => connectionId));
    return [...connectionIds].filter((connectionId) => !open.has(connectionId));
  }
}
