import {
  BatchGetCommand,
  type BatchGetCommandInput,
  BatchWriteCommand,
  type BatchWriteCommandInput,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';
import { backoffMs, FULL_JITTER, jittered } from '../../packages/protocol/backoff.ts';
import type { Clock } from '../ports.ts';

type Key = Readonly<Record<string, string | number>>;

export interface BatchOptions {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly clock: Clock;
}

/** Limits of BatchGetItem and BatchWriteItem. */
const KEYS_PER_GET = 100;
const WRITES_PER_BATCH = 25;

/** A throttled partition recovers within a second; the waits between seven tries add up to 6 s on average. */
const MAX_TRIES = 7;
const BACKOFF = { firstMs: 200, mostMs: 6_400 };

/** DynamoDB kept handing parts of a batch back. */
export class BatchIncompleteError extends Error {
  override readonly name = 'BatchIncompleteError';
}

/** Reads items by key, strongly consistent; keys without an item are left out. */
export async function batchGet<Item>({ client, table, clock }: BatchOptions, keys: readonly Key[]): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (const chunk of chunks(keys, KEYS_PER_GET)) {
    await untilDone<BatchGetCommandInput['RequestItems']>(
      clock,
      { [table]: { Keys: [...chunk], ConsistentRead: true } },
      async (requests) => {
        const { Responses, UnprocessedKeys } = await client.send(new BatchGetCommand({ RequestItems: requests }));
        items.push(...((Responses?.[table] ?? []) as Item[]));
        return UnprocessedKeys;
      },
    );
  }
  return items;
}

/** Deletes items by key, whether they exist or not. */
export async function batchDelete({ client, table, clock }: BatchOptions, keys: readonly Key[]): Promise<void> {
  for (const chunk of chunks(keys, WRITES_PER_BATCH)) {
    const deletes = chunk.map((key) => ({ DeleteRequest: { Key: { ...key } } }));
    await untilDone<BatchWriteCommandInput['RequestItems']>(clock, { [table]: deletes }, async (requests) => {
      const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems: requests }));
      return UnprocessedItems;
    });
  }
}

/** Sends what `send` hands back again, with growing pauses: a batch is throttled part by part, without an error. */
async function untilDone<Requests extends Readonly<Record<string, unknown>> | undefined>(
  clock: Clock,
  requests: Requests,
  send: (requests: Requests) => Promise<Requests | undefined>,
): Promise<void> {
  let left = requests;
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    if (attempt > 0) await clock.sleep(jittered(backoffMs(BACKOFF, attempt - 1), FULL_JITTER));
    const unprocessed = await send(left);
    if (unprocessed === undefined || Object.keys(unprocessed).length === 0) return;
    left = unprocessed;
  }
  throw new BatchIncompleteError(`DynamoDB left a part of a batch undone ${MAX_TRIES} times: ${Object.keys(left ?? {}).join(', ')}`);
}

function* chunks<T>(values: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size);
}
