import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ifConditionHolds } from '../../../backbone/aws/dynamo-condition.ts';
import type { Clock } from '../../../backbone/ports.ts';
import type { PublishQuota } from '../ports.ts';

export interface DynamoPublishQuotaOptions {
  readonly client: DynamoDBDocumentClient;
  /** A table with the key schema `TABLES.principals` of the contract. */
  readonly principalsTable: string;
  /** Publications of one principal in one second of the clock. */
  readonly perSecond: number;
  readonly clock: Clock;
}

/** Long enough that no clock of a function is still in the second. */
const KEPT_SECONDS = 60;

/** Counts in a row for each second in which a principal publishes: one write unit, and TTL takes the row away for nothing. */
export function createDynamoPublishQuota({ client, principalsTable, perSecond, clock }: DynamoPublishQuotaOptions): PublishQuota {
  return {
    perSecond,
    async take(principal) {
      const second = Math.floor(clock.nowMs() / 1_000);
      const counted = client.send(
        new UpdateCommand({
          TableName: principalsTable,
          Key: { principal, window: String(second) },
          UpdateExpression: 'ADD #count :one SET #expiresAt = :end',
          ConditionExpression: 'attribute_not_exists(#count) OR #count < :most',
          ExpressionAttributeNames: { '#count': 'count', '#expiresAt': 'expiresAt' },
          ExpressionAttributeValues: { ':one': 1, ':most': perSecond, ':end': second + KEPT_SECONDS },
        }),
      );
      return (await ifConditionHolds(counted)) !== undefined;
    },
  };
}
