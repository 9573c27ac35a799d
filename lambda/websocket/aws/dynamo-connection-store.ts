import { randomUUID } from 'node:crypto';
import { DeleteCommand, type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { batchDelete } from '../../../backbone/aws/dynamo-batch.ts';
import { ifConditionHolds } from '../../../backbone/aws/dynamo-condition.ts';
import { expirySeconds, isExpired } from '../../../backbone/aws/expiry.ts';
import type { Rights } from '../../../backbone/domain/access.ts';
import type { Clock } from '../../../backbone/ports.ts';
import { MAX_PRESENT_CHANNELS } from '../../../packages/protocol/presence.ts';
import type { Connection, ConnectionPresence, RegisteredConnection } from '../domain/connection.ts';
import { MAX_CHANNELS_PER_CONNECTION, splitSubscriptions } from '../domain/connection.ts';
import type { SubscribedConnection } from '../domain/delivery-job.ts';
import type { ConnectionStore, OnClosed, PresenceLease, SubscriptionPage } from '../ports.ts';
import { DynamoPrincipalConnections } from './dynamo-principal-connections.ts';
import { expiryBucket } from './expiry-bucket.ts';

export interface DynamoConnectionStoreOptions {
  readonly client: DynamoDBDocumentClient;
  /** A table with the key schema `TABLES.connections` of the contract. */
  readonly connectionsTable: string;
  /** A table with the key schema `TABLES.subscriptions` of the contract. */
  readonly subscriptionsTable: string;
  /** A table with the key schema `TABLES.principals` of the contract. */
  readonly principalsTable: string;
  /** Longer than API Gateway's limit of 2 h per connection: removes rows whose `$disconnect` never came. */
  readonly connectionTtlMs: number;
  readonly clock: Clock;
  /** Needed by those who call `close`. */
  readonly onClosed?: OnClosed;
}

/**
 * Connections and subscriptions in two DynamoDB tables. A connection's row also holds the names of its
 * channels, so that closing needs neither a scan nor an index. Subscribing adds the channel there first: a
 * crash in between leaves one name too many, never a subscription that closing does not find.
 */
export function createDynamoConnectionStore(options: DynamoConnectionStoreOptions): ConnectionStore {
  return new DynamoConnectionStore(options);
}

interface ConnectionItem {
  readonly connectionId: string;
  readonly principal: string;
  readonly rights: Rights;
  readonly connectedAt: number;
  /** Key of the expiry index; absent if the token outlives the connection. */
  readonly expiresIn?: string;
  /** Absent while the connection has no subscription: DynamoDB has no empty sets. */
  readonly channels?: ReadonlySet<string>;
  /** Where it is present; absent if nowhere. */
  readonly present?: ReadonlySet<string>;
  /** Milliseconds. Both are there once it was present somewhere. */
  readonly leaseUntil?: number;
  readonly presenceVersion?: number;
  readonly expiresAt: number;
}

interface SubscriptionItem {
  readonly channel: string;
  readonly connectionId: string;
  readonly version: string;
  /** Absent if the client accepts one event per frame only. */
  readonly batch?: true;
  readonly expiresAt: number;
}

class DynamoConnectionStore implements ConnectionStore {
  readonly #options: DynamoConnectionStoreOptions;
  readonly #principals: DynamoPrincipalConnections;

  constructor(options: DynamoConnectionStoreOptions) {
    this.#options = options;
    this.#principals = new DynamoPrincipalConnections(options);
  }

  async open(connection: Connection, maxPerPrincipal?: number): Promise<'opened' | 'overLimit'> {
    const { connectionId, principal, rights, connectedAtMs, expiresAtMs } = connection;
    const { client, connectionsTable, connectionTtlMs } = this.#options;
    const rowEndsAtMs = connectedAtMs + connectionTtlMs;
    const expiresAt = expirySeconds(Math.min(rowEndsAtMs, expiresAtMs));
    const item: ConnectionItem = {
      connectionId,
      principal,
      rights,
      connectedAt: connectedAtMs,
      expiresAt,
      ...(expiresAtMs < rowEndsAtMs && { expiresIn: expiryBucket(expiresAt, connectionId) }),
    };
    await client.send(new PutCommand({ TableName: connectionsTable, Item: item }));
    // After the connection's row: an id that is counted without a row then belongs to a connection that has
    // ended.
    if (maxPerPrincipal === undefined || (await this.#principals.take(principal, connectionId, maxPerPrincipal, rowEndsAtMs)))
      return 'opened';
    await client.send(new DeleteCommand({ TableName: connectionsTable, Key: { connectionId } }));
    return 'overLimit';
  }

  async find(connectionId: string): Promise<RegisteredConnection | undefined> {
    const { client, connectionsTable } = this.#options;
    const { Item } = await client.send(new GetCommand({ TableName: connectionsTable, Key: { connectionId }, ConsistentRead: true }));
    if (Item === undefined) return undefined;
    const { principal, rights, connectedAt, expiresAt, channels = [] } = Item as ConnectionItem;
    const presence = presenceIn(Item);
    return {
      connectionId,
      principal,
      rights,
      connectedAtMs: connectedAt,
      expiresAtMs: expiresAt * 1_000,
      ...splitSubscriptions([...channels]),
      presence,
    };
  }

  async close(connectionId: string): Promise<void> {
    const { client, connectionsTable, subscriptionsTable, clock, onClosed } = this.#options;
    const { Attributes } = await client.send(
      new DeleteCommand({ TableName: connectionsTable, Key: { connectionId }, ReturnValues: 'ALL_OLD' }),
    );
    if (Attributes === undefined) return;
    const { principal, channels = new Set<string>() } = Attributes as ConnectionItem;
    const keys = [...channels].map((channel) => ({ channel, connectionId }));
    const presence = presenceIn(Attributes);
    await Promise.all([
      batchDelete({ client, table: subscriptionsTable, clock }, keys),
      this.#principals.give(principal, [connectionId]),
      presence.channels.length > 0 && onClosed?.({ connectionId, principal, presence }),
    ]);
  }

  async subscribe(connectionId: string, channel: string, batch = false): Promise<'subscribed' | 'again' | 'gone' | 'full'> {
    const { client, subscriptionsTable } = this.#options;
    const connection = await this.#note(connectionId, 'channels', channel, MAX_CHANNELS_PER_CONNECTION);
    if (connection === undefined) return (await this.#isOpen(connectionId)) ? 'full' : 'gone';
    const { expiresAt } = connection;
    const item: SubscriptionItem = { channel, connectionId, version: randomUUID(), ...(batch && { batch }), expiresAt };
    await client.send(new PutCommand({ TableName: subscriptionsTable, Item: item }));
    return connection.channels?.has(channel) ? 'again' : 'subscribed';
  }

  async unsubscribe(connectionId: string, channel: string): Promise<void> {
    const { client, subscriptionsTable } = this.#options;
    await client.send(new DeleteCommand({ TableName: subscriptionsTable, Key: { channel, connectionId } }));
    await this.#update(connectionId, 'DELETE channels :channel', { ':channel': new Set([channel]) });
  }

  async enter(connectionId: string, channel: string, { version, untilMs }: PresenceLease): Promise<'entered' | 'gone' | 'full'> {
    const entered = await this.#note(connectionId, 'present', channel, MAX_PRESENT_CHANNELS, {
      // Another channel's lease may end earlier.
      expression: ' SET presenceVersion = :version, leaseUntil = if_not_exists(leaseUntil, :until)',
      values: { ':version': version, ':until': untilMs },
    });
    if (entered !== undefined) return 'entered';
    return (await this.#isOpen(connectionId)) ? 'full' : 'gone';
  }

  async renew(connectionId: string, leaseUntilMs: number): Promise<void> {
    await this.#update(connectionId, 'SET leaseUntil = :until', { ':until': leaseUntilMs });
  }

  async leave(connectionId: string, channel: string, version: number): Promise<void> {
    await this.#update(connectionId, 'DELETE present :channel SET presenceVersion = :version', {
      ':channel': new Set([channel]),
      ':version': version,
    });
  }

  async subscribers(channel: string, limit: number, after?: string): Promise<SubscriptionPage> {
    const { client, subscriptionsTable, clock } = this.#options;
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: subscriptionsTable,
        ConsistentRead: true,
        KeyConditionExpression: '#channel = :channel',
        ExpressionAttributeNames: { '#channel': 'channel' },
        ExpressionAttributeValues: { ':channel': channel },
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: { channel, connectionId: after } }),
      }),
    );
    const nowMs = clock.nowMs();
    const subscribers = (Items as SubscriptionItem[])
      .filter((item) => !isExpired(item, nowMs))
      .map(({ connectionId, version, batch }): SubscribedConnection => ({ connectionId, version, ...(batch && { batch }) }));
    const next = (LastEvaluatedKey as Partial<SubscriptionItem> | undefined)?.connectionId;
    return next === undefined ? { subscribers } : { subscribers, next };
  }

  async forget(channel: string, { connectionId, version }: SubscribedConnection): Promise<'forgotten' | 'changed'> {
    const { client, subscriptionsTable } = this.#options;
    const deleted = await ifConditionHolds(
      client.send(
        new DeleteCommand({
          TableName: subscriptionsTable,
          Key: { channel, connectionId },
          ConditionExpression: '#version = :version',
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':version': version },
        }),
      ),
    );
    return deleted === undefined ? 'changed' : 'forgotten';
  }

  /** Changes the row of a connection that has one: otherwise the update would recreate the row of a closed connection. */
  async #update(connectionId: string, UpdateExpression: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    const { client, connectionsTable } = this.#options;
    const update = new UpdateCommand({
      TableName: connectionsTable,
      Key: { connectionId },
      UpdateExpression,
      ConditionExpression: 'attribute_exists(connectionId)',
      ExpressionAttributeValues: values,
    });
    await ifConditionHolds(client.send(update));
  }

  /**
   * Adds the channel to a set in the connection's row and returns the row as it was before; undefined if there is no
   * unexpired row, or no room in the set.
   * @param more what else is written
   */
  async #note(
    connectionId: string,
    set: 'channels' | 'present',
    channel: string,
    most: number,
    more: { readonly expression: string; readonly values: Readonly<Record<string, number>> } = { expression: '', values: {} },
  ): Promise<ConnectionItem | undefined> {
    const { client, connectionsTable, clock } = this.#options;
    const update = new UpdateCommand({
      TableName: connectionsTable,
      Key: { connectionId },
      UpdateExpression: `ADD #set :channel${more.expression}`,
      ConditionExpression:
        'attribute_exists(connectionId) AND #expiresAt > :now AND (attribute_not_exists(#set) OR contains(#set, :name) OR size(#set) < :most)',
      ExpressionAttributeNames: { '#set': set, '#expiresAt': 'expiresAt' },
      ExpressionAttributeValues: {
        ':channel': new Set([channel]),
        ':name': channel,
        ':most': most,
        ':now': Math.floor(clock.nowMs() / 1000),
        ...more.values,
      },
      ReturnValues: 'ALL_OLD',
    });
    const answer = await ifConditionHolds(client.send(update));
    return answer && ((answer.Attributes ?? {}) as ConnectionItem);
  }

  /**
   * Tells why the condition of a write failed, because DynamoDB does not: whether the connection is still
   * open.
   */
  async #isOpen(connectionId: string): Promise<boolean> {
    const connection = await this.find(connectionId);
    return connection !== undefined && connection.expiresAtMs > this.#options.clock.nowMs();
  }
}

function presenceIn({ present = new Set(), leaseUntil = 0, presenceVersion = 0 }: Partial<ConnectionItem>): ConnectionPresence {
  return { channels: [...present], leaseUntilMs: leaseUntil, version: presenceVersion };
}
