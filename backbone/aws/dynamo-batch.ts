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

type Item = Readonly<Record<string, string | number>>;

export interface BatchOptions {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly clock: Clock;
}

/** Limits of BatchGetItem and BatchWriteItem. */
const KEYS_PER_GET = 100;
const WRITES_PER_BATCH = 25;

/**
 * A throttled partition usually recovers within a second. The waits between seven attempts add up to 6 s on
 * average.
 */
const MAX_TRIES = 7;
const BACKOFF = { firstMs: 200, mostMs: 6_400 };

/** DynamoDB kept returning parts of a batch as unprocessed. */
export class BatchIncompleteError extends Error {
  override readonly name = 'BatchIncompleteError';
}

/** Reads items by key, strongly consistent. Keys without an item are missing from the result. */
export async function batchGet<Stored>({ client, table, clock }: BatchOptions, keys: readonly Key[]): Promise<readonly Stored[]> {
  const items: Stored[] = [];
  for (const chunk of chunks(keys, KEYS_PER_GET)) {
    await untilDone<BatchGetCommandInput['RequestItems']>(
      clock,
      { [table]: { Keys: [...chunk], ConsistentRead: true } },
      async (requests) => {
        const { Responses, UnprocessedKeys } = await client.send(new BatchGetCommand({ RequestItems: requests }));
        items.push(...((Responses?.[table] ?? []) as Stored[]));
        return UnprocessedKeys;
      },
    );
  }
  return items;
}

/** Deletes items by key, whether or not they exist. */
export async function batchDelete(options: BatchOptions, keys: readonly Key[]): Promise<void> {
  await batchWrite(options, [], keys);
}

/**
 * Puts items and deletes others by key, whether or not they exist. Not atomic, and in no order.
 * @param deletes none of the keys of `puts`: DynamoDB refuses a batch that names an item twice
 */
export async function batchWrite({ client, table, clock }: BatchOptions, puts: readonly Item[], deletes: readonly Key[]): Promise<void> {
  const requests = [
    ...puts.map((item) => ({ PutRequest: { Item: { ...item } } })),
    ...deletes.map((key) => ({ DeleteRequest: { Key: { ...key } } })),
  ];
  for (const chunk of chunks(requests, WRITES_PER_BATCH)) {
    await untilDone<BatchWriteCommandInput['RequestItems']>(clock, { [table]: [...chunk] }, async (left) => {
      const { UnprocessedItems } = await client.send(new BatchWriteCommand({ RequestItems: left }));
      return UnprocessedItems;
    });
  }
}

/**
 * Sends again, with growing pauses, whatever `send` returns as unprocessed: DynamoDB throttles a batch in
 * parts and reports no error.
 */
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
  throw new BatchIncompleteError(
    `DynamoDB did not process all of a batch in ${MAX_TRIES} attempts; table: ${Object.keys(left ?? {}).join(', ')}`,
  );
}

function* chunks<T>(values: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < values.length; start += size) yield values.slice(start, start + size);
}
