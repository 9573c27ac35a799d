import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { TABLES } from '../contract.ts';
import type { ConnectionExpiries } from '../ports.ts';
import { expiryBuckets } from './expiry-bucket.ts';

export interface DynamoConnectionExpiriesOptions {
  readonly client: DynamoDBDocumentClient;
  /** The table of the connection store, with the index `TABLES.connections.expiryIndex` of the contract. */
  readonly connectionsTable: string;
}

/**
 * Reads the expiry index of the connections table, whose partitions are minutes. So only the connections that
 * expire cost a read.
 */
export function createDynamoConnectionExpiries({ client, connectionsTable }: DynamoConnectionExpiriesOptions): ConnectionExpiries {
  const { name, partitionKey, sortKey } = TABLES.connections.expiryIndex;
  return {
    async *expired(fromMs, toMs) {
      const [from, to] = [Math.floor(fromMs / 1_000), Math.floor(toMs / 1_000)];
      for (const bucket of expiryBuckets(from, to)) {
        const pages = paginateQuery(
          { client },
          {
            TableName: connectionsTable,
            IndexName: name,
            KeyConditionExpression: '#bucket = :bucket AND #expiresAt BETWEEN :from AND :to',
            ExpressionAttributeNames: { '#bucket': partitionKey.name, '#expiresAt': sortKey.name },
            ExpressionAttributeValues: { ':bucket': bucket, ':from': from, ':to': to },
          },
        );
        for await (const { Items = [] } of pages) {
          if (Items.length > 0) yield (Items as { connectionId: string }[]).map(({ connectionId }) => connectionId);
        }
      }
    },
  };
}
