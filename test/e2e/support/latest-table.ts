import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { createDynamoLatestStore } from '../../../backbone/aws/dynamo-latest-store.ts';
import { placesKey, toLatestItem } from '../../../backbone/aws/latest-items.ts';
import { nextLatest } from '../../../backbone/domain/latest-event.ts';
import type { LatestStore } from '../../../backbone/ports.ts';
import { systemClock } from '../../../backbone/services/system-clock.ts';
import { outputOf } from '../../../packages/assembly-local/outputs.ts';
import type { LocalRun } from '../../../packages/assembly-local/run.ts';
import { clientSettings } from './in-process.ts';

const DAY_MS = 86_400_000;

/** The keys of a run's `latest` channels, written without a notification: as by publishers that crash in between. */
export interface LatestTable extends LatestStore {
  /** Writes the keys `k0`, `k1` … with their number as data, as if each had been published. */
  fill(channel: string, keys: number): Promise<void>;
}

export function openLatestTable(run: LocalRun, retentionMs = DAY_MS): LatestTable {
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings(run.urls.endpoint)));
  const table = outputOf(run, 'LogTableName');
  const store = createDynamoLatestStore({ client, table, retentionMs, clock: systemClock });
  const fill = async (channel: string, keys: number) => {
    const createdAt = systemClock.nowMs();
    const items = Array.from({ length: keys }, (_, at) => {
      const event = { channel, key: `k${at}`, value: { type: 'message', data: `${at}` } };
      return toLatestItem(nextLatest(event, { createdAt, count: 1 }, createdAt, retentionMs), 'the test');
    });
    for (let from = 0; from < keys; from += 25) {
      const puts = items.slice(from, from + 25).map((Item) => ({ PutRequest: { Item } }));
      await client.send(new BatchWriteCommand({ RequestItems: { [table]: puts } }));
    }
    await client.send(new PutCommand({ TableName: table, Item: { ...placesKey(channel), places: keys, takenAt: createdAt } }));
  };
  return { put: (event) => store.put(event), read: (channel, consistency) => store.read(channel, consistency), fill };
}
