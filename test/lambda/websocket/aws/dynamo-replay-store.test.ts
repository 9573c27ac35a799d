import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDynamoReplayStore } from '../../../../lambda/websocket/aws/dynamo-replay-store.ts';
import { TABLES } from '../../../../lambda/websocket/contract.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { startTestTables, type TestTables } from '../../../support/tables.ts';
import { LEASE_MS, replayStoreContract } from '../contracts/replay-store-contract.ts';

let tables: TestTables;

beforeAll(async () => {
  tables = await startTestTables();
});

afterAll(() => tables.stop());

replayStoreContract('DynamoDB', async (maxPerPrincipal, clock) =>
  createDynamoReplayStore({
    client: tables.client,
    principalsTable: await tables.create(TABLES.principals),
    maxPerPrincipal,
    leaseMs: LEASE_MS,
    clock,
  }),
);

test('the row of a principal is left to the TTL, after everything in it has ended', async () => {
  const clock = new ManualClock();
  const principalsTable = await tables.create(TABLES.principals);
  const store = createDynamoReplayStore({ client: tables.client, principalsTable, maxPerPrincipal: 2, leaseMs: LEASE_MS, clock });
  const key = { principal: 'ann', connectionId: 'c1', channel: 'a.b' };
  await store.begin(key, { id: 'r1', epoch: 'e', sentTo: 1, settled: 1, batch: false });

  const { Items } = await tables.client.send(new ScanCommand({ TableName: principalsTable }));

  expect(Items).toEqual([
    expect.objectContaining({ principal: 'ann', window: 'replays', expiresAt: Math.ceil(clock.nowMs() / 1_000) + 600 }),
  ]);
});
