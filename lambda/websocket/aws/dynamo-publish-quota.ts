import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ifConditionHolds } from '../../../backbone/aws/dynamo-condition.ts';
import type { Clock } from '../../../backbone/ports.ts';
import type { PublishQuota } from '../ports.ts';

export interface DynamoPublishQuotaOptions {
  readonly client: DynamoDBDocumentClient;
  /** A table with the key schema `TABLES.principals` of the contract. */
  readonly principalsTable: string;
  /** How many publications one principal may make in one second of the clock. */
  readonly perSecond: number;
  readonly clock: Clock;
}

/** Long enough that the second has ended by every function's clock. */
const KEPT_SECONDS = 60;

/**
 * Counts in one row per second in which a principal publishes: each count costs one write unit, and TTL
 * removes the row for free.
 */
export function createDynamoPublishQuota({ client, principalsTable, perSecond, clock }: DynamoPublishQuotaOptions): PublishQuota {
  return {
    perSecond,
    async take(principal, events = 1) {
      const second = Math.floor(clock.nowMs() / 1_000);
      const counted = client.send(
        new UpdateCommand({
          TableName: principalsTable,
          Key: { principal, window: String(second) },
          UpdateExpression: 'ADD #count :events SET #expiresAt = :end',
          ConditionExpression: 'attribute_not_exists(#count) OR #count <= :most',
          ExpressionAttributeNames: { '#count': 'count', '#expiresAt': 'expiresAt' },
          ExpressionAttributeValues: { ':events': events, ':most': perSecond - events, ':end': second + KEPT_SECONDS },
        }),
      );
      return (await ifConditionHolds(counted)) !== undefined;
    },
  };
}
