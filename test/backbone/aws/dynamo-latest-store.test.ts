import { BatchWriteCommand, GetCommand, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createDynamoLatestStore } from '../../../backbone/aws/dynamo-latest-store.ts';
import { latestKey, placesKey, toLatestItem } from '../../../backbone/aws/latest-items.ts';
import { LOG_TABLE } from '../../../backbone/contract.ts';
import { type NewLatestEvent, nextLatest } from '../../../backbone/domain/latest-event.ts';
import { TooManyKeysError } from '../../../backbone/domain/latest-publication.ts';
import { MAX_LATEST_KEYS } from '../../../packages/protocol/publication.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { startTestTables, type TestTables } from '../../support/tables.ts';
import { latestStoreContract } from '../contracts/latest-store-contract.ts';

let tables: TestTables;

beforeAll(async () => {
  tables = await startTestTables();
});

afterAll(() => tables.stop());

latestStoreContract('DynamoDB', async (clock, retentionMs) => {
  const table = await tables.create(LOG_TABLE);
  const store = createDynamoLatestStore({ client: tables.client, table, retentionMs, clock });
  const fill = async (keys: number) => {
    const nowMs = clock.nowMs();
    const items = Array.from({ length: keys }, (_, at) => {
      const event: NewLatestEvent = { channel: 'a', key: `k${at}`, value: { type: 'message', data: '' } };
      return toLatestItem(nextLatest(event, { createdAt: nowMs, count: 1 }, nowMs, retentionMs), 'the test');
    });
    for (let from = 0; from < keys; from += 25) {
      const puts = items.slice(from, from + 25).map((Item) => ({ PutRequest: { Item } }));
      await tables.client.send(new BatchWriteCommand({ RequestItems: { [table]: puts } }));
    }
    await tables.client.send(new PutCommand({ TableName: table, Item: { ...placesKey('a'), places: keys, takenAt: nowMs } }));
  };
  return { store, fill };
});

describe('the places of a channel', () => {
  async function open() {
    const clock = new ManualClock();
    const table = await tables.create(LOG_TABLE);
    const store = createDynamoLatestStore({ client: tables.client, table, retentionMs: 3_600_000, clock });
    return {
      clock,
      store,
      table,
      put: (key: string) => store.put({ channel: 'a', key, value: { type: 'message', data: '' } }),
      takeAll: () =>
        tables.client.send(
          new PutCommand({ TableName: table, Item: { ...placesKey('a'), places: MAX_LATEST_KEYS, takenAt: clock.nowMs() } }),
        ),
      places: async () => (await tables.client.send(new GetCommand({ TableName: table, Key: placesKey('a') }))).Item?.['places'],
    };
  }

  test('are taken by new keys only', async () => {
    const { put, places } = await open();
    for (const key of ['x', 'x', 'y']) await put(key);
    expect(await places()).toBe(2);
  });

  test('that crashed publishers have left behind are found, but not while one of them may still write', async () => {
    const { clock, put, takeAll, places } = await open();
    await put('x');
    await takeAll();
    await clock.advance(9_999);
    await expect(put('y')).rejects.toThrow(TooManyKeysError);
    await clock.advance(1);
    await expect(put('y')).resolves.toMatchObject({ version: { count: 1 } });
    expect(await places()).toBe(2);
  });

  test('are counted by one of many publishers', async () => {
    const { clock, put, takeAll, places } = await open();
    await takeAll();
    await clock.advance(10_000);
    await Promise.all(Array.from({ length: 5 }, (_, at) => put(`k${at}`)));
    expect(await places()).toBe(5);
  });
});

test('a key that has the hash of another one is refused, and the other one stays', async () => {
  const clock = new ManualClock();
  const table = await tables.create(LOG_TABLE);
  const store = createDynamoLatestStore({ client: tables.client, table, retentionMs: 3_600_000, clock });
  const stored = await store.put({ channel: 'a', key: 'x', value: { type: 'message', data: '' } });
  await tables.client.send(
    new UpdateCommand({
      TableName: table,
      Key: latestKey('a', 'x'),
      UpdateExpression: 'SET #key = :other',
      ExpressionAttributeNames: { '#key': 'key' },
      ExpressionAttributeValues: { ':other': 'other' },
    }),
  );
  await expect(store.put({ channel: 'a', key: 'x', value: 'removed' })).rejects.toThrow('cannot be stored beside other');
  expect(await store.read('a', 'strong')).toEqual([{ ...stored, key: 'other' }]);
});
