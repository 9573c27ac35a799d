import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createDynamoConnectionDirectory } from '../../../../lambda/websocket/aws/dynamo-connection-directory.ts';
import { createDynamoConnectionStore } from '../../../../lambda/websocket/aws/dynamo-connection-store.ts';
import { SWEEP_MARK_ID, TABLES } from '../../../../lambda/websocket/contract.ts';
import type { ConnectionDirectory, ConnectionStore } from '../../../../lambda/websocket/ports.ts';
import { EVERYBODY } from '../../../support/access.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { startTestTables, type TestTables } from '../../../support/tables.ts';

const TTL_MS = 60_000;

let tables: TestTables;
let connectionsTable: string;
let clock: ManualClock;
let store: ConnectionStore;
let directory: ConnectionDirectory;

beforeAll(async () => {
  tables = await startTestTables();
});

afterAll(() => tables.stop());

beforeEach(async () => {
  clock = new ManualClock();
  connectionsTable = await tables.create(TABLES.connections);
  const { client } = tables;
  const subscriptionsTable = await tables.create(TABLES.subscriptions);
  const principalsTable = await tables.create(TABLES.principals);
  store = createDynamoConnectionStore({ client, connectionsTable, subscriptionsTable, principalsTable, connectionTtlMs: TTL_MS, clock });
  directory = createDynamoConnectionDirectory({ client, connectionsTable });
});

const connect = (connectionId: string) => store.open({ ...EVERYBODY, connectionId, connectedAtMs: clock.nowMs() });

async function listAll(limit: number): Promise<readonly string[]> {
  const found: string[] = [];
  let after: string | undefined;
  do {
    const page = await directory.list(limit, after);
    expect(page.connections.length).toBeLessThanOrEqual(limit);
    found.push(...page.connections.map(({ connectionId }) => connectionId));
    after = page.next;
  } while (after !== undefined);
  return found.sort();
}

test('pages put together are all connections, each once, and without the mark', async () => {
  for (let index = 0; index < 7; index++) await connect(`c${index}`);
  await directory.saveMark({ after: 'c3', open: 4 });
  expect(await listAll(3)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6']);
});

test('paging continues after a connection that was deleted in the meantime', async () => {
  for (let index = 0; index < 4; index++) await connect(`c${index}`);
  const { connections, next } = await directory.list(2);
  for (const { connectionId } of connections) await store.close(connectionId);
  expect((await directory.list(10, next)).connections).toHaveLength(2);
});

test('a connection has its age, and its expiry', async () => {
  await connect('c1');
  expect((await directory.list(1)).connections).toEqual([
    { connectionId: 'c1', connectedAtMs: clock.nowMs(), expiresAtMs: clock.nowMs() + TTL_MS },
  ]);
});

test('the mark is what was last saved, and removing it leaves nothing behind', async () => {
  expect(await directory.loadMark()).toBeUndefined();
  await directory.saveMark({ after: 'c1', open: 1 });
  await directory.saveMark({ after: 'c2', open: 2 });
  expect(await directory.loadMark()).toEqual({ after: 'c2', open: 2 });
  await directory.saveMark(undefined);
  expect(await directory.loadMark()).toBeUndefined();
  const { Item } = await tables.client.send(new GetCommand({ TableName: connectionsTable, Key: { connectionId: SWEEP_MARK_ID } }));
  expect(Item).toBeUndefined();
});
