import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDynamoConnectionStore } from '../../../../lambda/websocket/aws/dynamo-connection-store.ts';
import { TABLES } from '../../../../lambda/websocket/contract.ts';
import { EVERYBODY } from '../../../support/access.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { startTestTables, type TestTables } from '../../../support/tables.ts';
import { connectionStoreContract } from '../contracts/connection-store-contract.ts';

let tables: TestTables;

beforeAll(async () => {
  tables = await startTestTables();
});

afterAll(() => tables.stop());

connectionStoreContract('DynamoDB', async (clock, connectionTtlMs, onClosed) =>
  createDynamoConnectionStore({
    client: tables.client,
    connectionsTable: await tables.create(TABLES.connections),
    subscriptionsTable: await tables.create(TABLES.subscriptions),
    principalsTable: await tables.create(TABLES.principals),
    connectionTtlMs,
    clock,
    onClosed,
  }),
);

test('unsubscribing a closed connection creates no row, which would never expire', async () => {
  const connectionsTable = await tables.create(TABLES.connections);
  const subscriptionsTable = await tables.create(TABLES.subscriptions);
  const clock = new ManualClock();
  const store = createDynamoConnectionStore({
    client: tables.client,
    connectionsTable,
    subscriptionsTable,
    principalsTable: await tables.create(TABLES.principals),
    connectionTtlMs: 60_000,
    clock,
  });
  await store.open({ ...EVERYBODY, connectionId: 'c1', connectedAtMs: clock.nowMs() });
  await store.close('c1');
  await store.unsubscribe('c1', 'a');
  expect((await tables.client.send(new ScanCommand({ TableName: connectionsTable }))).Items).toEqual([]);
});
