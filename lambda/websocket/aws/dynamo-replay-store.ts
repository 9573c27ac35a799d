import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { ifConditionHolds } from '../../../backbone/aws/dynamo-condition.ts';
import { expirySeconds } from '../../../backbone/aws/expiry.ts';
import type { Clock } from '../../../backbone/ports.ts';
import type { ReplayKey } from '../domain/replay-job.ts';
import type { PendingWork, ReplayStore } from '../ports.ts';

export interface DynamoReplayStoreOptions {
  readonly client: DynamoDBDocumentClient;
  /** A table with the key schema `TABLES.principals` of the contract. */
  readonly principalsTable: string;
  /**
   * The row holds all of a principal's replays, at about 200 bytes each, so each change costs one write unit
   * per five replays.
   */
  readonly maxPerPrincipal: number;
  /** How long a place is kept after its last turn. */
  readonly leaseMs: number;
  readonly clock: Clock;
}

/** Sort key of the row that holds a principal's replays. */
const WINDOW = 'replays';

/** How much longer the row lives than the leases in it: renewing a lease also extends the row. */
const KEPT_MS = 10 * 60_000;

interface Lease {
  readonly replay: PendingWork;
  readonly untilMs: number;
}

type Update = Pick<
  ConstructorParameters<typeof UpdateCommand>[0],
  'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues' | 'ReturnValues'
>;

/**
 * A principal's replays are a map in one row, changed by conditional updates. So concurrent requests never
 * get more places than allowed, and need no read before the write. Leases that have ended are removed when a
 * place is needed.
 */
export function createDynamoReplayStore(options: DynamoReplayStoreOptions): ReplayStore {
  return new DynamoReplayStore(options);
}

class DynamoReplayStore implements ReplayStore {
  readonly maxPerPrincipal: number;
  readonly #options: DynamoReplayStoreOptions;

  constructor(options: DynamoReplayStoreOptions) {
    this.#options = options;
    this.maxPerPrincipal = options.maxPerPrincipal;
  }

  async begin(key: ReplayKey, replay: PendingWork): Promise<'begun' | 'replaced' | 'full'> {
    if (await this.#replace(key, replay)) return 'replaced';
    if (await this.#place(key, replay)) return 'begun';
    return (await this.#makeRoom(key)) && (await this.#place(key, replay)) ? 'begun' : 'full';
  }

  async renew(key: ReplayKey): Promise<PendingWork | undefined> {
    const { clock, leaseMs } = this.#options;
    const nowMs = clock.nowMs();
    const answer = await this.#update(key, {
      UpdateExpression: 'SET #replays.#name.#untilMs = :until, #expiresAt = :end',
      ConditionExpression: 'attribute_exists(#replays.#name)',
      ExpressionAttributeNames: { ...names(key, 'untilMs'), '#expiresAt': 'expiresAt' },
      ExpressionAttributeValues: { ':until': nowMs + leaseMs, ':end': expirySeconds(nowMs + KEPT_MS) },
      ReturnValues: 'ALL_NEW',
    });
    return (answer?.['replays'] as Record<string, Lease> | undefined)?.[nameOf(key)]?.replay;
  }

  async advance(key: ReplayKey, replay: PendingWork): Promise<boolean> {
    return this.#holds(key, {
      UpdateExpression: 'SET #replays.#name.#replay = :replay',
      ConditionExpression: '#replays.#name.#replay.#id = :id',
      ExpressionAttributeNames: names(key, 'replay', 'id'),
      ExpressionAttributeValues: { ':replay': replay, ':id': replay.id },
    });
  }

  async end(key: ReplayKey, id: string): Promise<boolean> {
    return this.#holds(key, {
      UpdateExpression: 'REMOVE #replays.#name',
      ConditionExpression: '#replays.#name.#replay.#id = :id',
      ExpressionAttributeNames: names(key, 'replay', 'id'),
      ExpressionAttributeValues: { ':id': id },
    });
  }

  async cancel(key: ReplayKey): Promise<void> {
    await this.#update(key, {
      UpdateExpression: 'REMOVE #replays.#name',
      // Without the condition, the update would create a row.
      ConditionExpression: 'attribute_exists(#replays.#name)',
      ExpressionAttributeNames: names(key),
    });
  }

  /**
   * Replaces the work of the waiting replay, but does not extend its lease: only a turn proves that its
   * message still exists.
   */
  #replace(key: ReplayKey, replay: PendingWork): Promise<boolean> {
    return this.#holds(key, {
      UpdateExpression: 'SET #replays.#name.#replay = :replay',
      ConditionExpression: '#replays.#name.#untilMs > :now',
      ExpressionAttributeNames: names(key, 'replay', 'untilMs'),
      ExpressionAttributeValues: { ':replay': replay, ':now': this.#options.clock.nowMs() },
    });
  }

  #place(key: ReplayKey, replay: PendingWork): Promise<boolean> {
    const { clock, leaseMs } = this.#options;
    const nowMs = clock.nowMs();
    const lease: Lease = { replay, untilMs: nowMs + leaseMs };
    return this.#holds(key, {
      UpdateExpression: 'SET #replays.#name = :lease, #expiresAt = :end',
      ConditionExpression: 'attribute_exists(#replays.#name) OR size(#replays) < :most',
      ExpressionAttributeNames: { ...names(key), '#expiresAt': 'expiresAt' },
      ExpressionAttributeValues: { ':lease': lease, ':most': this.maxPerPrincipal, ':end': expirySeconds(nowMs + KEPT_MS) },
    });
  }

  /**
   * Creates the row of a principal that has none, or removes the leases that have ended. @returns whether to
   * try again
   */
  async #makeRoom(key: ReplayKey): Promise<boolean> {
    const { client, principalsTable, clock } = this.#options;
    const { principal } = key;
    const { Item } = await client.send(
      new GetCommand({ TableName: principalsTable, Key: { principal, window: WINDOW }, ConsistentRead: true }),
    );
    const replays = (Item as { readonly replays?: Readonly<Record<string, Lease>> } | undefined)?.replays;
    if (replays === undefined) {
      await this.#update(key, {
        UpdateExpression: 'SET #replays = :none, #expiresAt = :end',
        ConditionExpression: 'attribute_not_exists(#replays)',
        ExpressionAttributeNames: { '#replays': WINDOW, '#expiresAt': 'expiresAt' },
        ExpressionAttributeValues: { ':none': {}, ':end': expirySeconds(clock.nowMs() + KEPT_MS) },
      });
      return true;
    }
    const ended = Object.entries(replays).filter(([, { untilMs }]) => untilMs <= clock.nowMs());
    for (const [name, { untilMs }] of ended) {
      await this.#update(key, {
        UpdateExpression: 'REMOVE #replays.#name',
        ConditionExpression: '#replays.#name.#untilMs = :until',
        ExpressionAttributeNames: { '#replays': WINDOW, '#name': name, '#untilMs': 'untilMs' },
        ExpressionAttributeValues: { ':until': untilMs },
      });
    }
    // True also if others made room, or a place was released in the meantime.
    return ended.length > 0 || Object.keys(replays).length < this.maxPerPrincipal;
  }

  async #holds(key: ReplayKey, update: Update): Promise<boolean> {
    return (await this.#update(key, update)) !== undefined;
  }

  /** The attributes that `ReturnValues` asks for; undefined if the condition did not hold. */
  async #update({ principal }: ReplayKey, update: Update): Promise<Record<string, unknown> | undefined> {
    const { client, principalsTable } = this.#options;
    const command = new UpdateCommand({ TableName: principalsTable, Key: { principal, window: WINDOW }, ...update });
    const answer = await ifConditionHolds(client.send(command));
    return answer && (answer.Attributes ?? {});
  }
}

const nameOf = ({ connectionId, channel }: ReplayKey): string => `${connectionId} ${channel}`;

/** Placeholders for the path to a replay, and for attributes below it. */
function names(key: ReplayKey, ...attributes: readonly string[]): Record<string, string> {
  return { '#replays': WINDOW, '#name': nameOf(key), ...Object.fromEntries(attributes.map((name) => [`#${name}`, name])) };
}
