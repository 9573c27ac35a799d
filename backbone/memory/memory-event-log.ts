import type { ChannelPosition } from '../../packages/protocol/cursor.ts';
import type { ChannelEvent } from '../domain/event.ts';
import { eventEntry, type LogEntry } from '../domain/log-entry.ts';
import type { AppendOutcome, Claim, ClaimKey, Clock, EventLog, Head, LogPage } from '../ports.ts';

interface Row {
  readonly entry: LogEntry;
  readonly publicationId?: string;
  readonly expiresAtMs: number;
}

interface ClaimRow {
  readonly claim: Claim;
  readonly expiresAtMs: number;
}

/**
 * An {@link EventLog} in memory that passes the port's contract suite. Expired rows stay, as in DynamoDB. No
 * method awaits anything, so every call is atomic.
 */
export class MemoryEventLog implements EventLog {
  readonly #clock: Clock;
  readonly #retentionMs: number;
  readonly #heads = new Map<string, Head>();
  readonly #rows = new Map<string, Map<number, Row>>();
  readonly #claims = new Map<string, ClaimRow>();
  #epochs = 0;

  constructor(options: { readonly clock: Clock; readonly retentionMs: number }) {
    this.#clock = options.clock;
    this.#retentionMs = options.retentionMs;
  }

  /** Loses everything: channels get new epochs, as after a table was replaced. */
  wipe(): void {
    this.#heads.clear();
    this.#rows.clear();
    this.#claims.clear();
  }

  /** Deletes the expired rows, which DynamoDB does at some later time. */
  deleteExpired(): void {
    const nowMs = this.#clock.nowMs();
    for (const rows of [...this.#rows.values(), this.#claims]) {
      for (const [key, row] of rows) if (row.expiresAtMs <= nowMs) (rows as Map<unknown, unknown>).delete(key);
    }
  }

  async allocate(channel: string, count = 1): Promise<ChannelPosition> {
    const nowMs = this.#clock.nowMs();
    const { epoch, seq, createdAtMs } = this.#heads.get(channel) ?? { epoch: this.#newEpoch(), seq: 0, createdAtMs: nowMs };
    const next: Head = { epoch, seq: seq + count, createdAtMs, allocatedAtMs: nowMs };
    this.#heads.set(channel, next);
    return { epoch: next.epoch, seq: seq + 1 };
  }

  async head(channel: string): Promise<Head | undefined> {
    return this.#heads.get(channel);
  }

  async heads(channels: readonly string[]): Promise<ReadonlyMap<string, Head>> {
    return new Map(
      channels.flatMap((channel) => {
        const head = this.#heads.get(channel);
        return head === undefined ? [] : [[channel, head] as const];
      }),
    );
  }

  async append(event: ChannelEvent, publicationId: string): Promise<AppendOutcome> {
    const rows = this.#rowsOf(event.channel, event.epoch);
    const row = rows.get(event.seq);
    if (row === undefined) {
      rows.set(event.seq, { entry: eventEntry(event), publicationId, expiresAtMs: this.#expiry(event.publishedAtMs) });
      return { kind: 'stored', event };
    }
    const same = row.entry.kind === 'event' && row.publicationId === publicationId;
    return same && row.entry.kind === 'event' ? { kind: 'stored', event: row.entry.event } : { kind: 'taken' };
  }

  async read(channel: string, epoch: string, fromSeq: number, limit: number, toSeq = Number.MAX_SAFE_INTEGER): Promise<LogPage> {
    const found = this.#unexpired(channel, epoch).filter((entry) => entry.seq >= fromSeq && entry.seq <= toSeq);
    return { entries: found.slice(0, limit), more: found.length > limit };
  }

  async readBack(channel: string, epoch: string, fromSeq: number, limit: number): Promise<LogPage> {
    const found = this.#unexpired(channel, epoch)
      .filter((entry) => entry.seq <= fromSeq)
      .reverse();
    return { entries: found.slice(0, limit), more: found.length > limit };
  }

  async tombstone(channel: string, position: ChannelPosition, atMs: number): Promise<LogEntry> {
    const rows = this.#rowsOf(channel, position.epoch);
    const present = rows.get(position.seq);
    if (present !== undefined) return present.entry;
    const entry: LogEntry = { kind: 'tombstone', seq: position.seq, atMs };
    rows.set(position.seq, { entry, expiresAtMs: this.#expiry(atMs) });
    return entry;
  }

  async claim(key: ClaimKey): Promise<Claim | undefined> {
    return this.#claimOf(key);
  }

  async setClaim(key: ClaimKey, claim: Omit<Claim, 'notified'>, replaces?: ChannelPosition): Promise<Claim> {
    const held = this.#claimOf(key);
    if (held !== undefined && !(held.epoch === replaces?.epoch && held.seq === replaces.seq)) return held;
    const { contentHash, epoch, seq, allocatedAtMs, moved } = claim;
    const set: Claim = { contentHash, epoch, seq, allocatedAtMs, notified: false, ...(moved && { moved }) };
    this.#claims.set(nameOf(key), { claim: set, expiresAtMs: this.#expiry(moved?.firstAllocatedAtMs ?? allocatedAtMs) });
    return set;
  }

  async markNotified(key: ClaimKey, position: ChannelPosition): Promise<void> {
    const row = this.#claims.get(nameOf(key));
    if (row === undefined || row.claim.epoch !== position.epoch || row.claim.seq !== position.seq) return;
    this.#claims.set(nameOf(key), { ...row, claim: { ...row.claim, notified: true } });
  }

  #newEpoch(): string {
    return `m${(++this.#epochs).toString(36).padStart(5, '0')}`;
  }

  #claimOf(key: ClaimKey): Claim | undefined {
    const row = this.#claims.get(nameOf(key));
    return row === undefined || row.expiresAtMs <= this.#clock.nowMs() ? undefined : row.claim;
  }

  /** Rounded up to seconds, the resolution of DynamoDB's TTL. */
  #expiry(atMs: number): number {
    return Math.ceil((atMs + this.#retentionMs) / 1000) * 1000;
  }

  #rowsOf(channel: string, epoch: string): Map<number, Row> {
    const name = `${channel}#${epoch}`;
    const rows = this.#rows.get(name) ?? new Map<number, Row>();
    this.#rows.set(name, rows);
    return rows;
  }

  #unexpired(channel: string, epoch: string): LogEntry[] {
    return [...this.#rowsOf(channel, epoch).values()]
      .filter((row) => row.expiresAtMs > this.#clock.nowMs())
      .map((row) => row.entry)
      .sort((a, b) => a.seq - b.seq);
  }
}

function nameOf({ channel, scope, key }: ClaimKey): string {
  return JSON.stringify([channel, scope, key]);
}
