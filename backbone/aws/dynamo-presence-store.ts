import { type DynamoDBDocumentClient, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { MAX_LISTED_MEMBERS } from '../../packages/protocol/presence.ts';
import type { PresenceKey, PresenceRow } from '../domain/presence.ts';
import type { Clock, PresenceRead, PresenceStore } from '../ports.ts';
import { hashOf } from '../services/hash.ts';
import { batchGet, batchWrite } from './dynamo-batch.ts';
import { ifConditionHolds } from './dynamo-condition.ts';
import { expirySeconds } from './expiry.ts';

export interface DynamoPresenceStoreOptions {
  readonly client: DynamoDBDocumentClient;
  /** A table with the key schema `PRESENCE_TABLE` of the contract. */
  readonly table: string;
  readonly clock: Clock;
}

/**
 * Presence in one DynamoDB table:
 *
 * | channel         | entry              | item                                           |
 * |-----------------|--------------------|------------------------------------------------|
 * | `<channel>`     | `<member>#<owner>` | a row; `<member>` is a hash of the principal   |
 * | `lease#<owner>` | `lease`            | until when the rows of a task are valid        |
 *
 * A channel name cannot contain `#`. The rows of a member follow each other, so members can be counted without keeping
 * them.
 */
export function createDynamoPresenceStore(options: DynamoPresenceStoreOptions): PresenceStore {
  return {
    write: (rows, removals) =>
      batchWrite(
        options,
        rows.map((row) => toItem(row, options.clock.nowMs())),
        removals.map(rowKey),
      ),
    extend: async (keys, untilMs) => {
      await Promise.all(keys.map((key) => extendRow(key, untilMs, options)));
    },
    renewLease: (owner, untilMs) => batchWrite(options, [{ ...leaseKey(owner), untilMs, expiresAt: expirySeconds(untilMs) }], []),
    endLease: (owner) => batchWrite(options, [], [leaseKey(owner)]),
    leases: (owners) => readLeases(owners, options),
    read: (channel) => readChannel(channel, options),
  };
}

/**
 * When DynamoDB may delete the row of a task. A task writes rows again that are half as old; those of a task that was
 * killed have lapsed long before.
 */
export const ROW_LIFETIME_MS = 24 * 3_600_000;

interface RowItem extends Omit<PresenceRow, 'owner' | 'data'> {
  readonly entry: string;
  readonly data?: string;
}

interface LeaseItem {
  readonly channel: string;
  readonly untilMs: number;
}

function rowKey({ channel, owner, member }: PresenceKey): { readonly channel: string; readonly entry: string } {
  return { channel, entry: `${hashOf(member)}#${owner}` };
}

const LEASE = 'lease#';

function leaseKey(owner: string): { readonly channel: string; readonly entry: string } {
  return { channel: LEASE + owner, entry: 'lease' };
}

function toItem(row: PresenceRow, nowMs: number) {
  const { member, data, connections, version, saidAt, leaseUntilMs } = row;
  return {
    ...rowKey(row),
    member,
    ...(data !== '' && { data }),
    connections,
    version,
    ...(saidAt !== undefined && { saidAt }),
    ...(leaseUntilMs !== undefined && { leaseUntilMs }),
    expiresAt: expirySeconds(leaseUntilMs ?? nowMs + ROW_LIFETIME_MS),
  };
}

function toRow({ channel, entry, member, data = '', connections, version, saidAt, leaseUntilMs }: RowItem): PresenceRow {
  const row = { channel, owner: entry.slice(entry.indexOf('#') + 1), member, data, connections, version };
  return { ...row, ...(saidAt !== undefined && { saidAt }), ...(leaseUntilMs !== undefined && { leaseUntilMs }) };
}

async function extendRow(key: PresenceKey, untilMs: number, { client, table }: DynamoPresenceStoreOptions): Promise<void> {
  const update = new UpdateCommand({
    TableName: table,
    Key: rowKey(key),
    UpdateExpression: 'SET leaseUntilMs = :until, expiresAt = :expiry',
    // Without the condition, the update would write a row without a member.
    ConditionExpression: 'attribute_exists(entry)',
    ExpressionAttributeValues: { ':until': untilMs, ':expiry': expirySeconds(untilMs) },
  });
  await ifConditionHolds(client.send(update));
}

async function readLeases(owners: readonly string[], options: DynamoPresenceStoreOptions): Promise<ReadonlyMap<string, number>> {
  const items = await batchGet<LeaseItem>(options, owners.map(leaseKey));
  const nowMs = options.clock.nowMs();
  return new Map(
    items.filter(({ untilMs }) => untilMs > nowMs).map(({ channel, untilMs }) => [channel.slice(LEASE.length), untilMs] as const),
  );
}

async function readChannel(channel: string, options: DynamoPresenceStoreOptions): Promise<PresenceRead> {
  const { client, table, clock } = options;
  const query = {
    TableName: table,
    KeyConditionExpression: '#channel = :channel',
    ExpressionAttributeNames: { '#channel': 'channel' },
    ExpressionAttributeValues: { ':channel': channel },
    ConsistentRead: true,
  };
  /** Undefined once there are too many to list. */
  let rows: PresenceRow[] | undefined = [];
  let count = 0;
  let last: string | undefined;
  /** 0 for a task without a lease. */
  const leases = new Map<string, number>();
  for await (const { Items = [] } of paginateQuery({ client }, query)) {
    const page = (Items as RowItem[]).map(toRow);
    const unknown = new Set(page.flatMap(({ owner, leaseUntilMs }) => (leaseUntilMs === undefined && !leases.has(owner) ? [owner] : [])));
    const found = await readLeases([...unknown], options);
    for (const owner of unknown) leases.set(owner, found.get(owner) ?? 0);
    const nowMs = clock.nowMs();
    for (const row of page) {
      if ((row.leaseUntilMs ?? leases.get(row.owner) ?? 0) <= nowMs) continue;
      if (row.member !== last) count++;
      last = row.member;
      if (count > MAX_LISTED_MEMBERS) rows = undefined;
      rows?.push(row);
    }
  }
  return rows === undefined ? { count } : { count, rows };
}
