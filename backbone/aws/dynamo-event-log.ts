import { randomInt } from 'node:crypto';

import { type DynamoDBDocumentClient, GetCommand, PutCommand, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type ChannelPosition, formatPosition } from '../../packages/protocol/cursor.ts';
import { APPEND_LIMIT_MS } from '../contract.ts';
import { type ChannelEvent, contentOf } from '../domain/event.ts';
import type { LogEntry } from '../domain/log-entry.ts';
import type { AppendOutcome, Claim, ClaimKey, Clock, EventLog, Head, LogPage } from '../ports.ts';
import { hashOf } from '../services/hash.ts';
import { batchGet } from './dynamo-batch.ts';
import { ifConditionHolds } from './dynamo-condition.ts';
import { expirySeconds, isExpired } from './expiry.ts';
import { type ClaimItem, type EventItem, type HeadItem, type LogItem, toClaim, toEvent, toHead, toLogEntry } from './log-items.ts';

export interface DynamoEventLogOptions {
  readonly client: DynamoDBDocumentClient;
  /** A table with the key schema `LOG_TABLE` of the contract. */
  readonly table: string;
  /** How long events can be read. */
  readonly retentionMs: number;
  readonly clock: Clock;
}

/**
 * The event log in one DynamoDB table. The partition key tells what an item is:
 *
 * | pk                        | sk  | item                                               |
 * |---------------------------|-----|----------------------------------------------------|
 * | `head#<channel>`          | 0   | newest seq of the channel, never expires           |
 * | `event#<channel>#<epoch>` | seq | an event, or the tombstone of one that never came  |
 * | `claim#<channel>#<scope>#<key>` | 0 | the position that an idempotency key has taken |
 *
 * A channel name cannot contain `#`, so no two channels share a partition. `<scope>` is a hash of fixed
 * length: a principal's name may be long, and no combination of name and key can collide with another.
 */
export function createDynamoEventLog(options: DynamoEventLogOptions): EventLog {
  return new DynamoEventLog(options);
}

const EPOCH_ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';
/**
 * 36^6 epochs: a restored log repeats its old epoch once in 2 billion cases. The epoch of `ORIGIN` is
 * shorter, so no new epoch equals it.
 */
const EPOCH_LENGTH = 6;

class DynamoEventLog implements EventLog {
  readonly #client: DynamoDBDocumentClient;
  readonly #table: string;
  readonly #retentionMs: number;
  readonly #clock: Clock;

  constructor({ client, table, retentionMs, clock }: DynamoEventLogOptions) {
    this.#client = client;
    this.#table = table;
    this.#retentionMs = retentionMs;
    this.#clock = clock;
  }

  async allocate(channel: string, count = 1): Promise<ChannelPosition> {
    const { Attributes } = await this.#client.send(
      new UpdateCommand({
        TableName: this.#table,
        Key: headKey(channel),
        UpdateExpression:
          'SET #epoch = if_not_exists(#epoch, :epoch), #createdAt = if_not_exists(#createdAt, :now), #allocatedAt = :now ADD #seq :count',
        ExpressionAttributeNames: { '#epoch': 'epoch', '#createdAt': 'createdAt', '#allocatedAt': 'allocatedAt', '#seq': 'seq' },
        ExpressionAttributeValues: { ':epoch': newEpoch(), ':now': this.#clock.nowMs(), ':count': count },
        ReturnValues: 'ALL_NEW',
      }),
    );
    const { epoch, seq } = Attributes as HeadItem;
    return { epoch, seq: seq - count + 1 };
  }

  async head(channel: string): Promise<Head | undefined> {
    const item = await this.#get<HeadItem>(headKey(channel));
    return item === undefined ? undefined : toHead(item);
  }

  async heads(channels: readonly string[]): Promise<ReadonlyMap<string, Head>> {
    const keys = [...new Set(channels)].map(headKey);
    const items = await batchGet<HeadItem>({ client: this.#client, table: this.#table, clock: this.#clock }, keys);
    return new Map(items.map((item) => [item.pk.slice(headKey('').pk.length), toHead(item)]));
  }

  async append(event: ChannelEvent, publicationId: string): Promise<AppendOutcome> {
    const key = eventKey(event.channel, event.epoch, event.seq);
    const item: EventItem = {
      ...key,
      ...contentOf(event),
      publishedAt: event.publishedAtMs,
      publicationId,
      expiresAt: expirySeconds(event.publishedAtMs + this.#retentionMs),
    };
    // One deadline for all of the SDK's attempts together.
    const present = await this.#putIfFree(item, AbortSignal.timeout(APPEND_LIMIT_MS));
    if (present === undefined) return { kind: 'stored', event };
    const same = !('tombstone' in present) && present.publicationId === publicationId;
    return same ? { kind: 'stored', event: toEvent(event.channel, event.epoch, present) } : { kind: 'taken' };
  }

  async read(channel: string, epoch: string, fromSeq: number, limit: number, toSeq = Number.MAX_SAFE_INTEGER): Promise<LogPage> {
    const entries: LogEntry[] = [];
    const nowMs = this.#clock.nowMs();
    for await (const page of this.#query(channel, epoch, fromSeq, toSeq, limit, true)) {
      entries.push(...page.items.filter((item) => !isExpired(item, nowMs)).map((item) => toLogEntry(channel, epoch, item)));
      // Skips a page of nothing but expired items: the caller could not continue from it.
      if (entries.length > 0) return { entries, more: page.more };
    }
    return { entries, more: false };
  }

  async readBack(channel: string, epoch: string, fromSeq: number, limit: number): Promise<LogPage> {
    const entries: LogEntry[] = [];
    const nowMs = this.#clock.nowMs();
    for await (const page of this.#query(channel, epoch, 1, fromSeq, limit, false)) {
      for (const item of page.items) {
        // Everything below is older, so it has expired too. DynamoDB may keep expired items for two days, too
        // many to read through.
        if (isExpired(item, nowMs)) return { entries, more: false };
        entries.push(toLogEntry(channel, epoch, item));
      }
      if (entries.length > 0) return { entries, more: page.more };
    }
    return { entries, more: false };
  }

  async tombstone(channel: string, position: ChannelPosition, atMs: number): Promise<LogEntry> {
    const key = eventKey(channel, position.epoch, position.seq);
    const tombstone = { ...key, tombstone: true, at: atMs, expiresAt: expirySeconds(atMs + this.#retentionMs) } as const;
    const present = await this.#putIfFree(tombstone);
    return toLogEntry(channel, position.epoch, present ?? tombstone);
  }

  async claim(key: ClaimKey): Promise<Claim | undefined> {
    const item = await this.#get<ClaimItem>(claimKey(key));
    return item === undefined || isExpired(item, this.#clock.nowMs()) ? undefined : toClaim(item);
  }

  async setClaim(
    key: ClaimKey,
    { contentHash, epoch, seq, allocatedAtMs, moved }: Omit<Claim, 'notified'>,
    replaces?: ChannelPosition,
  ): Promise<Claim> {
    const item: ClaimItem = {
      ...claimKey(key),
      contentHash,
      epoch,
      seq,
      allocatedAt: allocatedAtMs,
      notified: false,
      ...(moved && { positions: moved.positions.map(formatPosition), firstAllocatedAt: moved.firstAllocatedAtMs }),
      expiresAt: expirySeconds((moved?.firstAllocatedAtMs ?? allocatedAtMs) + this.#retentionMs),
    };
    for (;;) {
      if (await this.#putClaim(item, replaces)) return toClaim(item);
      const held = await this.claim(key);
      // Undefined means that the claim expired between the two calls: the key is free now, so try again.
      if (held !== undefined) return held;
    }
  }

  async markNotified(key: ClaimKey, position: ChannelPosition): Promise<void> {
    await ifConditionHolds(
      this.#client.send(
        new UpdateCommand({
          TableName: this.#table,
          Key: claimKey(key),
          UpdateExpression: 'SET #notified = :true',
          ConditionExpression: '#epoch = :epoch AND #seq = :seq',
          ExpressionAttributeNames: { '#notified': 'notified', '#epoch': 'epoch', '#seq': 'seq' },
          ExpressionAttributeValues: { ':true': true, ':epoch': position.epoch, ':seq': position.seq },
        }),
      ),
    );
  }

  /**
   * Writes the item if its key is free; an expired item counts as present. Returns the item that is already
   * there, or undefined.
   */
  async #putIfFree(item: LogItem, abortSignal?: AbortSignal): Promise<LogItem | undefined> {
    const options = abortSignal === undefined ? {} : { abortSignal };
    for (;;) {
      const put = new PutCommand({ TableName: this.#table, Item: item, ConditionExpression: 'attribute_not_exists(pk)' });
      if ((await ifConditionHolds(this.#client.send(put, options))) !== undefined) return undefined;
      const present = await this.#get<LogItem>({ pk: item.pk, sk: item.sk }, options);
      // Undefined means that the item expired and was deleted between the two calls, so try again.
      if (present !== undefined) return present;
    }
  }

  async #putClaim(item: ClaimItem, replaces: ChannelPosition | undefined): Promise<boolean> {
    const free = 'attribute_not_exists(pk) OR #expiresAt <= :now';
    const put = new PutCommand({
      TableName: this.#table,
      Item: item,
      ConditionExpression: replaces === undefined ? free : `${free} OR (#epoch = :epoch AND #seq = :seq)`,
      ExpressionAttributeNames: { '#expiresAt': 'expiresAt', ...(replaces && { '#epoch': 'epoch', '#seq': 'seq' }) },
      ExpressionAttributeValues: {
        ':now': Math.floor(this.#clock.nowMs() / 1000),
        ...(replaces && { ':epoch': replaces.epoch, ':seq': replaces.seq }),
      },
    });
    return (await ifConditionHolds(this.#client.send(put))) !== undefined;
  }

  async #get<Item>(key: ItemKey, options: { readonly abortSignal?: AbortSignal } = {}): Promise<Item | undefined> {
    const { Item } = await this.#client.send(new GetCommand({ TableName: this.#table, Key: key, ConsistentRead: true }), options);
    return Item as Item | undefined;
  }

  /** Pages of at most `pageSize` items, including expired ones. */
  async *#query(channel: string, epoch: string, fromSeq: number, toSeq: number, pageSize: number, ascending: boolean) {
    // DynamoDB rejects a BETWEEN whose lower bound is above the upper one.
    if (fromSeq > toSeq) return;
    const query = {
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
      ExpressionAttributeValues: { ':pk': eventPartition(channel, epoch), ':from': fromSeq, ':to': toSeq },
      ScanIndexForward: ascending,
      Limit: pageSize,
    };
    for await (const { Items = [], LastEvaluatedKey } of paginateQuery({ client: this.#client }, query)) {
      yield { items: Items as LogItem[], more: LastEvaluatedKey !== undefined };
    }
  }
}

type ItemKey = Readonly<{ pk: string; sk: number }>;

function headKey(channel: string): ItemKey {
  return { pk: `head#${channel}`, sk: 0 };
}

function eventPartition(channel: string, epoch: string): string {
  return `event#${channel}#${epoch}`;
}

function eventKey(channel: string, epoch: string, seq: number): ItemKey {
  return { pk: eventPartition(channel, epoch), sk: seq };
}

function claimKey({ channel, scope, key }: ClaimKey): ItemKey {
  return { pk: `claim#${channel}#${hashOf(scope)}#${key}`, sk: 0 };
}

function newEpoch(): string {
  return Array.from({ length: EPOCH_LENGTH }, () => EPOCH_ALPHABET[randomInt(EPOCH_ALPHABET.length)]).join('');
}
