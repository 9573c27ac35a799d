import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDynamoPublishQuota } from '../../../../lambda/websocket/aws/dynamo-publish-quota.ts';
import { TABLES } from '../../../../lambda/websocket/contract.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { startTestTables, type TestTables } from '../../../support/tables.ts';
import { publicationQuotaContract } from '../contracts/publish-quota-contract.ts';

let tables: TestTables;

beforeAll(async () => {
  tables = await startTestTables();
});

afterAll(() => tables.stop());

publicationQuotaContract('DynamoDB', async (perSecond, clock) =>
  createDynamoPublishQuota({ client: tables.client, principalsTable: await tables.create(TABLES.principals), perSecond, clock }),
);

test('what was counted is left to the TTL, soon after', async () => {
  const clock = new ManualClock();
  const principalsTable = await tables.create(TABLES.principals);
  await createDynamoPublishQuota({ client: tables.client, principalsTable, perSecond: 5, clock }).take('ann');

  const { Items } = await tables.client.send(new ScanCommand({ TableName: principalsTable }));

  const second = Math.floor(clock.nowMs() / 1_000);
  expect(Items).toEqual([{ principal: 'ann', window: String(second), count: 1, expiresAt: second + 60 }]);
});
