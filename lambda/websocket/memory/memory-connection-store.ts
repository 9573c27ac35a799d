import { ANONYMOUS } from '../../../backbone/domain/principal.ts';
import type { Clock } from '../../../backbone/ports.ts';
import { MAX_PRESENT_CHANNELS } from '../../../packages/protocol/presence.ts';
import type { Connection, ConnectionPresence, RegisteredConnection } from '../domain/connection.ts';
import { MAX_CHANNELS_PER_CONNECTION, splitSubscriptions } from '../domain/connection.ts';
import type { SubscribedConnection } from '../domain/delivery-job.ts';
import type { ConnectionStore, OnClosed, PresenceLease, SubscriptionPage } from '../ports.ts';

interface ConnectionRow {
  readonly connection: Connection;
  readonly expiresAtMs: number;
  readonly channels: Set<string>;
  readonly present: Set<string>;
  lease: Pick<ConnectionPresence, 'leaseUntilMs' | 'version'>;
}

interface SubscriptionRow {
  readonly version: string;
  readonly batch: boolean;
  readonly expiresAtMs: number;
}

/**
 * A {@link ConnectionStore} in memory that passes the port's contract suite. Expired rows stay, as in
 * DynamoDB.
 */
export class MemoryConnectionStore implements ConnectionStore {
  readonly #clock: Clock;
  readonly #connectionTtlMs: number;
  readonly #onClosed: OnClosed | undefined;
  readonly #connections = new Map<string, ConnectionRow>();
  readonly #subscriptions = new Map<string, Map<string, SubscriptionRow>>();
  #versions = 0;

  constructor(options: { readonly clock: Clock; readonly connectionTtlMs: number; readonly onClosed?: OnClosed }) {
    this.#clock = options.clock;
    this.#connectionTtlMs = options.connectionTtlMs;
    this.#onClosed = options.onClosed;
  }

  async open(connection: Connection, maxPerPrincipal = Number.POSITIVE_INFINITY): Promise<'opened' | 'overLimit'> {
    const nowMs = this.#clock.nowMs();
    const open = [...this.#connections.values()].filter(
      (row) => row.connection.principal === connection.principal && row.expiresAtMs > nowMs,
    );
    if (connection.principal !== ANONYMOUS && open.length >= maxPerPrincipal) return 'overLimit';
    const endsAtMs = Math.min(connection.connectedAtMs + this.#connectionTtlMs, connection.expiresAtMs);
    // Rounded up to seconds, the resolution of DynamoDB's TTL.
    const expiresAtMs = Math.ceil(endsAtMs / 1000) * 1000;
    this.#connections.set(connection.connectionId, {
      connection,
      expiresAtMs,
      channels: new Set(),
      present: new Set(),
      lease: { leaseUntilMs: 0, version: 0 },
    });
    return 'opened';
  }

  async find(connectionId: string): Promise<RegisteredConnection | undefined> {
    const row = this.#connections.get(connectionId);
    return row && { ...row.connection, expiresAtMs: row.expiresAtMs, ...splitSubscriptions([...row.channels]), presence: presenceIn(row) };
  }

  async close(connectionId: string): Promise<void> {
    const row = this.#connections.get(connectionId);
    this.#connections.delete(connectionId);
    if (row === undefined) return;
    for (const channel of row.channels) this.#subscriptions.get(channel)?.delete(connectionId);
    const { principal } = row.connection;
    if (row.present.size > 0) await this.#onClosed?.({ connectionId, principal, presence: presenceIn(row) });
  }

  async subscribe(connectionId: string, channel: string, batch = false): Promise<'subscribed' | 'again' | 'gone' | 'full'> {
    const row = this.#connections.get(connectionId);
    if (row === undefined || row.expiresAtMs <= this.#clock.nowMs()) return 'gone';
    if (row.channels.size >= MAX_CHANNELS_PER_CONNECTION && !row.channels.has(channel)) return 'full';
    const outcome = row.channels.has(channel) ? 'again' : 'subscribed';
    row.channels.add(channel);
    const rows = this.#subscriptions.get(channel) ?? new Map<string, SubscriptionRow>();
    this.#subscriptions.set(channel, rows.set(connectionId, { version: `v${++this.#versions}`, batch, expiresAtMs: row.expiresAtMs }));
    return outcome;
  }

  async unsubscribe(connectionId: string, channel: string): Promise<void> {
    this.#subscriptions.get(channel)?.delete(connectionId);
    this.#connections.get(connectionId)?.channels.delete(channel);
  }

  async enter(connectionId: string, channel: string, { version, untilMs }: PresenceLease): Promise<'entered' | 'gone' | 'full'> {
    const row = this.#connections.get(connectionId);
    if (row === undefined || row.expiresAtMs <= this.#clock.nowMs()) return 'gone';
    if (row.present.size >= MAX_PRESENT_CHANNELS && !row.present.has(channel)) return 'full';
    row.present.add(channel);
    row.lease = { version, leaseUntilMs: row.lease.leaseUntilMs || untilMs };
    return 'entered';
  }

  async renew(connectionId: string, leaseUntilMs: number): Promise<void> {
    const row = this.#connections.get(connectionId);
    if (row !== undefined) row.lease = { ...row.lease, leaseUntilMs };
  }

  async leave(connectionId: string, channel: string, version: number): Promise<void> {
    const row = this.#connections.get(connectionId);
    row?.present.delete(channel);
    if (row !== undefined) row.lease = { ...row.lease, version };
  }

  async subscribers(channel: string, limit: number, after?: string): Promise<SubscriptionPage> {
    const rows = [...(this.#subscriptions.get(channel) ?? [])]
      .filter(([connectionId]) => after === undefined || connectionId > after)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const page = rows.slice(0, limit);
    const subscribers = page
      .filter(([, row]) => row.expiresAtMs > this.#clock.nowMs())
      .map(([connectionId, { version, batch }]): SubscribedConnection => ({ connectionId, version, ...(batch && { batch }) }));
    const last = page.at(-1)?.[0];
    return rows.length > limit && last !== undefined ? { subscribers, next: last } : { subscribers };
  }

  async forget(channel: string, subscriber: SubscribedConnection): Promise<'forgotten' | 'changed'> {
    const rows = this.#subscriptions.get(channel);
    if (rows?.get(subscriber.connectionId)?.version !== subscriber.version) return 'changed';
    rows.delete(subscriber.connectionId);
    return 'forgotten';
  }
}

function presenceIn({ present, lease }: ConnectionRow): ConnectionPresence {
  return { channels: [...present], ...lease };
}
