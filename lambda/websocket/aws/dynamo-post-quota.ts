import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ANONYMOUS } from '../../../backbone/domain/principal.ts';
import type { Clock } from '../../../backbone/ports.ts';
import { allowanceOf, POST_WINDOW_MS, windowOf } from '../domain/post-window.ts';
import type { PostQuota } from '../ports.ts';

export interface DynamoPostQuotaOptions {
  readonly client: DynamoDBDocumentClient;
  /** A table with the key schema `TABLES.principals` of the contract. */
  readonly principalsTable: string;
  /** Which posts are counted: begins the sort key. */
  readonly kind: 'answers' | 'replays';
  readonly perSecond: number;
  readonly clock: Clock;
}

/** Long enough that no clock of a function is still in the window. */
const KEPT_SECONDS = 60;

/** A row takes 1,000 writes a second. Who needs more than that for one principal floods, and is not the one to wait for. */
const THROTTLED = new Set(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded']);

/** Counts in a row for each window in which a principal causes posts: one write unit a time, and TTL takes the row away for nothing. */
export function createDynamoPostQuota({ client, principalsTable, kind, perSecond, clock }: DynamoPostQuotaOptions): PostQuota {
  const count = async (principal: string, posts: number, beganAtSeconds: number): Promise<number> => {
    const { Attributes } = await client.send(
      new UpdateCommand({
        TableName: principalsTable,
        Key: { principal, window: `${kind}.${beganAtSeconds}` },
        UpdateExpression: 'ADD #count :posts SET #expiresAt = :end',
        ExpressionAttributeNames: { '#count': 'count', '#expiresAt': 'expiresAt' },
        ExpressionAttributeValues: { ':posts': posts, ':end': beganAtSeconds + POST_WINDOW_MS / 1_000 + KEPT_SECONDS },
        ReturnValues: 'UPDATED_NEW',
      }),
    );
    return (Attributes as { readonly count: number }).count;
  };
  return {
    perSecond,
    async take(principal, posts) {
      if (principal === ANONYMOUS) return { kind: 'allowed' };
      const nowMs = clock.nowMs();
      try {
        return allowanceOf(await count(principal, posts, windowOf(nowMs) / 1_000), perSecond, nowMs);
      } catch (error) {
        if (error instanceof Error && THROTTLED.has(error.name)) return allowanceOf(Number.POSITIVE_INFINITY, perSecond, nowMs);
        throw error;
      }
    },
  };
}
