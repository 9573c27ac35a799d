import { afterAll, beforeAll } from '@jest/globals';
import { createDynamoPresenceStore } from '../../../backbone/aws/dynamo-presence-store.ts';
import { PRESENCE_TABLE } from '../../../backbone/contract.ts';
import { startTestTables, type TestTables } from '../../support/tables.ts';
import { presenceStoreContract } from '../contracts/presence-store-contract.ts';

let tables: TestTables;

beforeAll(async () => {
  tables = await startTestTables();
});

afterAll(() => tables.stop());

presenceStoreContract('DynamoDB', async (clock) =>
  createDynamoPresenceStore({ client: tables.client, table: await tables.create(PRESENCE_TABLE), clock }),
);
