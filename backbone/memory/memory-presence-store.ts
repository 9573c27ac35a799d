import { MAX_LISTED_MEMBERS } from '../../packages/protocol/presence.ts';
import type { PresenceKey, PresenceRow } from '../domain/presence.ts';
import type { Clock, PresenceRead, PresenceStore } from '../ports.ts';

/** A {@link PresenceStore} in memory that passes the port's contract suite. */
export class MemoryPresenceStore implements PresenceStore {
  readonly #clock: Clock;
  readonly #rows = new Map<string, PresenceRow>();
  readonly #leases = new Map<string, number>();
  /** Rows written and deleted, and calls of each method. */
  readonly counts = { rows: 0, writes: 0, reads: 0, renewals: 0 };

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock;
  }

  async write(rows: readonly PresenceRow[], removals: readonly PresenceKey[]): Promise<void> {
    this.counts.writes++;
    this.counts.rows += rows.length + removals.length;
    for (const row of rows) this.#rows.set(keyOf(row), row);
    for (const key of removals) this.#rows.delete(keyOf(key));
  }

  async extend(keys: readonly PresenceKey[], leaseUntilMs: number): Promise<void> {
    this.counts.writes++;
    this.counts.rows += keys.length;
    for (const key of keys.map(keyOf)) {
      const row = this.#rows.get(key);
      if (row !== undefined) this.#rows.set(key, { ...row, leaseUntilMs });
    }
  }

  async renewLease(owner: string, untilMs: number): Promise<void> {
    this.counts.renewals++;
    this.#leases.set(owner, untilMs);
  }

  async endLease(owner: string): Promise<void> {
    this.#leases.delete(owner);
  }

  async leases(owners: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const nowMs = this.#clock.nowMs();
    return new Map(
      owners.flatMap((owner) => {
        const untilMs = this.#leases.get(owner) ?? 0;
        return untilMs > nowMs ? [[owner, untilMs] as const] : [];
      }),
    );
  }

  async read(channel: string): Promise<PresenceRead> {
    this.counts.reads++;
    const nowMs = this.#clock.nowMs();
    const rows = [...this.#rows.values()].filter(
      (row) => row.channel === channel && (row.leaseUntilMs ?? this.#leases.get(row.owner) ?? 0) > nowMs,
    );
    const count = new Set(rows.map(({ member }) => member)).size;
    return count > MAX_LISTED_MEMBERS ? { count } : { count, rows };
  }
}

function keyOf({ channel, owner, member }: PresenceKey): string {
  return JSON.stringify([channel, owner, member]);
}
