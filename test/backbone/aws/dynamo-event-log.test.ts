import { afterAll, beforeAll } from '@jest/globals';
import { createDynamoEventLog } from '../../../backbone/aws/dynamo-event-log.ts';
import { LOG_TABLE } from '../../../backbone/contract.ts';
import { startTestTables, type TestTables } from '../../support/tables.ts';
import { eventLogContract } from '../contracts/event-log-contract.ts';

let tables: TestTables;

beforeAll(async () => {
  tables = await startTestTables();
});

afterAll(() => tables.stop());

eventLogContract('DynamoDB', async (clock, retentionMs) =>
  createDynamoEventLog({ client: tables.client, table: await tables.create(LOG_TABLE), retentionMs, clock }),
);
