import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ANONYMOUS } from '../../../backbone/domain/principal.ts';
import type { Clock } from '../../../backbone/ports.ts';
import { allowanceOf, POST_WINDOW_MS, windowOf } from '../domain/post-window.ts';
import type { PostQuota } from '../ports.ts';

export interface DynamoPostQuotaOptions {
  readonly client: DynamoDBDocumentClient;
  /** A table with the key schema `TABLES.principals` of the contract. */
  readonly principalsTable: string;
  /** Which posts are counted; the prefix of the sort key. */
  readonly kind: 'answers' | 'replays';
  readonly perSecond: number;
  readonly clock: Clock;
}

/** Long enough that the window has ended by every function's clock. */
const KEPT_SECONDS = 60;

/**
 * One row allows 1,000 writes a second. A principal that needs more is flooding, and is treated as such
 * instead of waiting.
 */
const THROTTLED = new Set(['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded']);

/**
 * Counts in one row per window in which a principal causes posts: each count costs one write unit, and TTL
 * removes the row for free.
 */
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
