import { afterAll, beforeAll } from '@jest/globals';
import { createDynamoConnectionStore } from '../../../backbone/aws/dynamo-connection-store.ts';
import { startTestTables, type TestTables } from '../../support/tables.ts';
import { connectionStoreContract } from '../contracts/connection-store-contract.ts';

let tables: TestTables;

beforeAll(async () => {
  tables = await startTestTables();
});

afterAll(() => tables.stop());

connectionStoreContract('DynamoDB', async (clock, connectionTtlMs) =>
  createDynamoConnectionStore({
    client: tables.client,
    connectionsTable: await tables.create('connections'),
    subscriptionsTable: await tables.create('subscriptions'),
    connectionTtlMs,
    clock,
  }),
);
