import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { SWEEP_MARK_ID } from '../contract.ts';
import type { ConnectionDirectory, ListedConnection, SweepMark } from '../ports.ts';

export interface DynamoConnectionDirectoryOptions {
  readonly client: DynamoDBDocumentClient;
  /** The table of the connection store, with the key schema `TABLES.connections` of the contract. */
  readonly connectionsTable: string;
}

interface ConnectionItem {
  readonly connectionId: string;
  readonly connectedAt: number;
  readonly expiresAt: number;
}

const MARK_KEY = { connectionId: SWEEP_MARK_ID };

/** Scans the connections table. The mark that tells where to continue is a row of the same table. */
export function createDynamoConnectionDirectory(options: DynamoConnectionDirectoryOptions): ConnectionDirectory {
  const { client, connectionsTable } = options;
  return {
    async list(limit, after) {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new ScanCommand({
          TableName: connectionsTable,
          Limit: limit,
          ProjectionExpression: 'connectionId, connectedAt, expiresAt',
          ...(after !== undefined && { ExclusiveStartKey: { connectionId: after } }),
        }),
      );
      const connections = (Items as ConnectionItem[])
        .filter(({ connectionId }) => connectionId !== SWEEP_MARK_ID)
        .map(
          ({ connectionId, connectedAt, expiresAt }): ListedConnection => ({
            connectionId,
            connectedAtMs: connectedAt,
            expiresAtMs: expiresAt * 1_000,
          }),
        );
      const next = (LastEvaluatedKey as Partial<ConnectionItem> | undefined)?.connectionId;
      return next === undefined ? { connections } : { connections, next };
    },
    async loadMark() {
      const { Item } = await client.send(new GetCommand({ TableName: connectionsTable, Key: MARK_KEY }));
      const { after, open = 0 } = (Item ?? {}) as Partial<SweepMark>;
      return after === undefined ? undefined : { after, open };
    },
    async saveMark(mark) {
      if (mark === undefined) await client.send(new DeleteCommand({ TableName: connectionsTable, Key: MARK_KEY }));
      else await client.send(new PutCommand({ TableName: connectionsTable, Item: { ...MARK_KEY, ...mark } }));
    },
  };
}
