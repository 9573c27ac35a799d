import { randomUUID } from 'node:crypto';
import { type DynamoDBDocumentClient, GetCommand, PutCommand, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { InvalidInputError } from '../../packages/protocol/invalid-input.ts';
import { MAX_LATEST_KEYS } from '../../packages/protocol/publication.ts';
import { APPEND_LIMIT_MS } from '../contract.ts';
import { type LatestEvent, type NewLatestEvent, nextLatest } from '../domain/latest-event.ts';
import { TooManyKeysError } from '../domain/latest-publication.ts';
import type { Clock, LatestStore } from '../ports.ts';
import { ifConditionHolds } from './dynamo-condition.ts';
import { expirySeconds, isExpired } from './expiry.ts';
import {
  type ItemKey,
  type LatestItem,
  latestKey,
  latestPartition,
  type PlacesItem,
  placesKey,
  toLatestEvent,
  toLatestItem,
} from './latest-items.ts';

export interface DynamoLatestStoreOptions {
  readonly client: DynamoDBDocumentClient;
  /** A table with the key schema `LOG_TABLE` of the contract. */
  readonly table: string;
  /** How long a key lives after its newest event. */
  readonly retentionMs: number;
  readonly clock: Clock;
}

/**
 * A key that has taken a place is written within this time, if ever. So the places of a channel may be corrected to the
 * number of its keys when none was taken for so long. It is also how often the keys of a full channel are counted at most.
 */
const SETTLED_MS = 10_000;

/** The JSON of a page is parsed at once: of keys with the most data it has 400 KB. */
const KEYS_PER_PAGE = 100;

/**
 * The newest events of keys, in the table of the event log:
 *
 * | pk                     | sk                    | item                                              |
 * |------------------------|-----------------------|---------------------------------------------------|
 * | `latest#<channel>`     | 52 bits of a hash     | the newest event of a key, or its removal         |
 * | `latestKeys#<channel>` | 0                     | how many keys have taken a place, never expires   |
 *
 * An event of a known key is one update. A new key takes a place first, which is never given back: keys that expire, and
 * publishers that stop in between, leave places behind. Whoever finds all taken counts the keys, and corrects the number.
 */
export function createDynamoLatestStore(options: DynamoLatestStoreOptions): LatestStore {
  return new DynamoLatestStore(options);
}

const NAMES = {
  '#key': 'key',
  '#count': 'count',
  '#type': 'type',
  '#data': 'data',
  '#publishedAt': 'publishedAt',
  '#expiresAt': 'expiresAt',
};

class DynamoLatestStore implements LatestStore {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #retentionMs: number;
  readonly #clock: Clock;

  constructor({ client, table, retentionMs, clock }: DynamoLatestStoreOptions) {
    this.#client = client;
    this.#table = table;
    this.#retentionMs = retentionMs;
    this.#clock = clock;
  }

  async put(event: NewLatestEvent): Promise<LatestEvent> {
    for (;;) {
      const updated = await this.#update(event);
      if (updated !== undefined) return updated;
      const held = await this.#get<LatestItem>(latestKey(event.channel, event.key));
      const isLive = held !== undefined && !isExpired(held, this.#clock.nowMs());
      if (isLive && held.key !== event.key) {
        throw new InvalidInputError(
          'invalid_body',
          `conflationKey ${event.key} cannot be stored beside ${held.key}, which has the same hash: use another key`,
        );
      }
      // Another publisher has created the key in the meantime.
      if (isLive) continue;
      await this.#takePlace(event);
      const created = await this.#create(event, held);
      if (created !== undefined) return created;
    }
  }

  async read(channel: string, consistency: 'strong' | 'eventual'): Promise<readonly LatestEvent[]> {
    const events: LatestEvent[] = [];
    const query = {
      TableName: this.#table,
      ConsistentRead: consistency === 'strong',
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': latestPartition(channel) },
      Limit: KEYS_PER_PAGE,
    };
    for await (const { Items = [] } of paginateQuery({ client: this.#client }, query)) {
      const nowMs = this.#clock.nowMs();
      const items = (Items as LatestItem[]).filter((item) => !isExpired(item, nowMs));
      events.push(...items.map((item) => toLatestEvent(channel, item)));
    }
    return events;
  }

  /** The next version of a key; undefined if there is no such key, or it has expired. */
  async #update(event: NewLatestEvent): Promise<LatestEvent | undefined> {
    const { channel, key, value } = event;
    // The table says the version.
    const { publishedAtMs, expiresAtMs } = nextLatest(event, { createdAt: 0, count: 0 }, this.#clock.nowMs(), this.#retentionMs);
    const isRemoval = value === 'removed';
    const set = 'SET #count = #count + :one, #publishedAt = :publishedAt, #expiresAt = :expiresAt';
    const answer = await ifConditionHolds(
      this.#client.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: latestKey(channel, key),
          UpdateExpression: isRemoval ? `${set} REMOVE #type, #data` : `${set}, #type = :type, #data = :data`,
          ConditionExpression: '#key = :key AND #expiresAt > :now',
          ExpressionAttributeNames: NAMES,
          ExpressionAttributeValues: {
            ':one': 1,
            ':publishedAt': publishedAtMs,
            ':expiresAt': expirySeconds(expiresAtMs),
            ':key': key,
            ':now': Math.floor(publishedAtMs / 1_000),
            ...(!isRemoval && { ':type': value.type, ':data': value.data }),
          },
          ReturnValues: 'ALL_NEW',
        }),
      ),
    );
    return answer && toLatestEvent(channel, answer.Attributes as LatestItem);
  }

  /**
   * The first version of a key; undefined if another publisher was faster.
   * @param expired what is left of the key's life before
   */
  async #create(event: NewLatestEvent, expired: LatestItem | undefined): Promise<LatestEvent | undefined> {
    const nowMs = this.#clock.nowMs();
    // Newer than all versions before, even if their publisher's clock was ahead.
    const version = { createdAt: Math.max(nowMs, (expired?.createdAt ?? 0) + 1), count: 1 };
    const created = nextLatest(event, version, nowMs, this.#retentionMs);
    const item = toLatestItem(created, randomUUID());
    const put = new PutCommand({
      TableName: this.#table,
      Item: item,
      ConditionExpression: 'attribute_not_exists(pk) OR #expiresAt <= :now',
      ExpressionAttributeNames: { '#expiresAt': NAMES['#expiresAt'] },
      ExpressionAttributeValues: { ':now': Math.floor(nowMs / 1_000) },
    });
    const options = { abortSignal: AbortSignal.timeout(APPEND_LIMIT_MS) };
    if ((await ifConditionHolds(this.#client.send(put, options))) !== undefined) return created;
    // The SDK sends again what got no response.
    const held = await this.#get<LatestItem>({ pk: item.pk, sk: item.sk });
    return held?.createdBy === item.createdBy ? created : undefined;
  }

  /** @throws TooManyKeysError */
  async #takePlace(event: NewLatestEvent): Promise<void> {
    for (;;) {
      const nowMs = this.#clock.nowMs();
      if (await this.#setPlaces(event.channel, { ':max': MAX_LATEST_KEYS, ':one': 1, ':now': nowMs }, IF_FREE)) return;
      const held = await this.#get<PlacesItem>(placesKey(event.channel));
      // Another publisher has corrected the number.
      if (held === undefined || held.places < MAX_LATEST_KEYS) continue;
      if (nowMs - held.takenAt < SETTLED_MS) throw new TooManyKeysError(event);
      const keys = await this.#countKeys(event.channel);
      const places = Math.min(keys + 1, MAX_LATEST_KEYS);
      const values = { ':places': places, ':now': nowMs, ':held': held.places, ':heldAt': held.takenAt };
      if (!(await this.#setPlaces(event.channel, values, IF_UNCHANGED))) continue;
      if (keys >= MAX_LATEST_KEYS) throw new TooManyKeysError(event);
      return;
    }
  }

  async #setPlaces(
    channel: string,
    values: Readonly<Record<string, number>>,
    { update, condition }: { readonly update: string; readonly condition: string },
  ): Promise<boolean> {
    const command = new UpdateCommand({
      TableName: this.#table,
      Key: placesKey(channel),
      UpdateExpression: update,
      ConditionExpression: condition,
      ExpressionAttributeNames: { '#places': 'places', '#takenAt': 'takenAt' },
      ExpressionAttributeValues: values,
    });
    // A place that is taken later than this would be counted as one that nobody uses.
    const options = { abortSignal: AbortSignal.timeout(APPEND_LIMIT_MS) };
    return (await ifConditionHolds(this.#client.send(command, options))) !== undefined;
  }

  async #countKeys(channel: string): Promise<number> {
    let keys = 0;
    const query = {
      TableName: this.#table,
      ConsistentRead: true,
      Select: 'COUNT' as const,
      KeyConditionExpression: 'pk = :pk',
      FilterExpression: '#expiresAt > :now',
      ExpressionAttributeNames: { '#expiresAt': NAMES['#expiresAt'] },
      ExpressionAttributeValues: { ':pk': latestPartition(channel), ':now': Math.floor(this.#clock.nowMs() / 1_000) },
    };
    for await (const { Count = 0 } of paginateQuery({ client: this.#client }, query)) keys += Count;
    return keys;
  }

  async #get<Item>(key: ItemKey): Promise<Item | undefined> {
    const { Item } = await this.#client.send(new GetCommand({ TableName: this.#table, Key: key, ConsistentRead: true }));
    return Item as Item | undefined;
  }
}

const IF_FREE = {
  update: 'SET #takenAt = :now ADD #places :one',
  condition: 'attribute_not_exists(#places) OR #places < :max',
};

const IF_UNCHANGED = {
  update: 'SET #takenAt = :now, #places = :places',
  condition: '#places = :held AND #takenAt = :heldAt',
};
