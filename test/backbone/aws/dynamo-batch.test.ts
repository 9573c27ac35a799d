import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { afterEach, expect, test } from '@jest/globals';
import { batchDelete, batchGet } from '../../../backbone/aws/dynamo-batch.ts';
import { type AwsBehaviour, type AwsStub, startAwsStub } from '../../support/aws-stub.ts';
import { InstantClock } from '../../support/instant-clock.ts';

// dynalite never leaves a part of a batch undone, as DynamoDB does when it throttles.

let stub: AwsStub;
let client: DynamoDBDocumentClient;
let clock: InstantClock;

async function start(behaviour: AwsBehaviour): Promise<void> {
  clock = new InstantClock();
  stub = await startAwsStub(behaviour);
  client = DynamoDBDocumentClient.from(new DynamoDBClient(stub.clientOptions));
}

afterEach(async () => {
  client.destroy();
  await stub.stop();
});

interface GetInput {
  readonly RequestItems: { readonly table: { readonly Keys: readonly { readonly pk: { readonly S: string } }[] } };
}

interface WriteInput {
  readonly RequestItems: { readonly table: readonly unknown[] };
}

const keys = [{ pk: 'a' }, { pk: 'b' }, { pk: 'c' }];

test('batchGet requests unprocessed keys until it has everything', async () => {
  await start(({ input }) => {
    const { Keys } = (input as unknown as GetInput).RequestItems.table;
    const rest = Keys.slice(1);
    return { body: { Responses: { table: Keys.slice(0, 1) }, UnprocessedKeys: rest.length > 0 ? { table: { Keys: rest } } : {} } };
  });
  expect(await batchGet({ client, table: 'table', clock }, keys)).toEqual(keys);
  expect(stub.calls).toHaveLength(3);
});

test('batchDelete sends unprocessed deletes again', async () => {
  await start(({ input }) => {
    const [, ...rest] = (input as unknown as WriteInput).RequestItems.table;
    return { body: { UnprocessedItems: rest.length > 0 ? { table: rest } : {} } };
  });
  await batchDelete({ client, table: 'table', clock }, keys);
  expect(stub.calls.map(({ input }) => (input as unknown as WriteInput).RequestItems.table.length)).toEqual([3, 2, 1]);
});

test('a batch that stays unprocessed rejects with BatchIncompleteError', async () => {
  await start(({ input }) => ({ body: { UnprocessedItems: (input as unknown as WriteInput).RequestItems } }));
  await expect(batchDelete({ client, table: 'table', clock }, keys)).rejects.toThrow(
    expect.objectContaining({ name: 'BatchIncompleteError' }),
  );
  expect(clock.sleeps).toHaveLength(6);
});
