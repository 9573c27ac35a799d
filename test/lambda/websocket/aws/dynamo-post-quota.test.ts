import { ProvisionedThroughputExceededException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDynamoPostQuota } from '../../../../lambda/websocket/aws/dynamo-post-quota.ts';
import { TABLES } from '../../../../lambda/websocket/contract.ts';
import { windowOf } from '../../../../lambda/websocket/domain/post-window.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { startTestTables, type TestTables } from '../../../support/tables.ts';
import { postQuotaContract } from '../contracts/post-quota-contract.ts';

let tables: TestTables;

beforeAll(async () => {
  tables = await startTestTables();
});

afterAll(() => tables.stop());

postQuotaContract('DynamoDB', async (perSecond, clock) =>
  createDynamoPostQuota({
    client: tables.client,
    principalsTable: await tables.create(TABLES.principals),
    kind: 'answers',
    perSecond,
    clock,
  }),
);

test('what was counted is left to the TTL, soon after, and the kinds are counted apart', async () => {
  const clock = new ManualClock();
  const principalsTable = await tables.create(TABLES.principals);
  for (const kind of ['answers', 'replays'] as const) {
    await createDynamoPostQuota({ client: tables.client, principalsTable, kind, perSecond: 5, clock }).take('ann', 3);
  }

  const { Items } = await tables.client.send(new ScanCommand({ TableName: principalsTable }));

  const began = windowOf(clock.nowMs()) / 1_000;
  expect(Items).toEqual([
    { principal: 'ann', window: `answers.${began}`, count: 3, expiresAt: began + 70 },
    { principal: 'ann', window: `replays.${began}`, count: 3, expiresAt: began + 70 },
  ]);
});

test('a principal that needs more writes than the row allows is flooding', async () => {
  const client = {
    send: async () => {
      throw new ProvisionedThroughputExceededException({ message: 'too much', $metadata: {} });
    },
  } as unknown as DynamoDBDocumentClient;
  const quota = createDynamoPostQuota({ client, principalsTable: 't', kind: 'answers', perSecond: 5, clock: new ManualClock() });
  expect(await quota.take('ann', 1)).toMatchObject({ kind: 'flooding' });
});
