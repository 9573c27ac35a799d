import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createDynamoConnectionExpiries } from '../../../../lambda/websocket/aws/dynamo-connection-expiries.ts';
import { createDynamoConnectionStore } from '../../../../lambda/websocket/aws/dynamo-connection-store.ts';
import { TABLES } from '../../../../lambda/websocket/contract.ts';
import type { ConnectionExpiries, ConnectionStore } from '../../../../lambda/websocket/ports.ts';
import { EVERYBODY } from '../../../support/access.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { startTestTables, type TestTables } from '../../../support/tables.ts';

const TTL_MS = 7_800_000;
const MINUTE_MS = 60_000;

let tables: TestTables;
let clock: ManualClock;
let store: ConnectionStore;
let expiries: ConnectionExpiries;

beforeAll(async () => {
  tables = await startTestTables();
});

afterAll(() => tables.stop());

beforeEach(async () => {
  clock = new ManualClock();
  const { client } = tables;
  const connectionsTable = await tables.create(TABLES.connections);
  const subscriptionsTable = await tables.create(TABLES.subscriptions);
  const principalsTable = await tables.create(TABLES.principals);
  store = createDynamoConnectionStore({ client, connectionsTable, subscriptionsTable, principalsTable, connectionTtlMs: TTL_MS, clock });
  expiries = createDynamoConnectionExpiries({ client, connectionsTable });
});

const open = (connectionId: string, lastsMs: number) =>
  store.open({ ...EVERYBODY, connectionId, connectedAtMs: clock.nowMs(), expiresAtMs: clock.nowMs() + lastsMs });

async function expired(fromMs: number, toMs: number): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const page of expiries.expired(clock.nowMs() + fromMs, clock.nowMs() + toMs)) found.push(...page);
  return found.sort();
}

test('returns those that expired between the two times, across minutes and shards', async () => {
  for (const [index, seconds] of [10, 59, 60, 61, 119, 180].entries()) await open(`c${index}`, seconds * 1_000);
  expect(await expired(59_000, 2 * MINUTE_MS)).toEqual(['c1', 'c2', 'c3', 'c4']);
  expect(await expired(0, 3 * MINUTE_MS)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'c5']);
});

test('does not know those whose token outlives the connection', async () => {
  await open('long', TTL_MS);
  await open('for-ever', Number.POSITIVE_INFINITY);
  expect(await expired(TTL_MS - MINUTE_MS, TTL_MS + MINUTE_MS)).toEqual([]);
});

test('forgets those that are closed', async () => {
  await open('c1', MINUTE_MS);
  await store.close('c1');
  expect(await expired(0, 2 * MINUTE_MS)).toEqual([]);
});
