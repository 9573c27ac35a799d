import type { Clock } from '../../../backbone/ports.ts';
import type { ReplayKey } from '../domain/replay-job.ts';
import type { PendingWork, ReplayStore } from '../ports.ts';

interface Lease {
  readonly replay: PendingWork;
  readonly untilMs: number;
}

/** A {@link ReplayStore} in memory that passes the port's contract suite. */
export class MemoryReplayStore implements ReplayStore {
  readonly maxPerPrincipal: number;
  readonly #leaseMs: number;
  readonly #clock: Clock;
  readonly #leases = new Map<string, Map<string, Lease>>();

  constructor(maxPerPrincipal: number, leaseMs: number, clock: Clock) {
    this.maxPerPrincipal = maxPerPrincipal;
    this.#leaseMs = leaseMs;
    this.#clock = clock;
  }

  async begin(key: ReplayKey, replay: PendingWork): Promise<'begun' | 'replaced' | 'full'> {
    const leases = this.#of(key);
    const nowMs = this.#clock.nowMs();
    const before = leases.get(nameOf(key));
    if (before !== undefined && before.untilMs > nowMs) {
      leases.set(nameOf(key), { ...before, replay });
      return 'replaced';
    }
    if (before === undefined && leases.size >= this.maxPerPrincipal) {
      for (const [name, { untilMs }] of leases) if (untilMs <= nowMs) leases.delete(name);
      if (leases.size >= this.maxPerPrincipal) return 'full';
    }
    leases.set(nameOf(key), { replay, untilMs: nowMs + this.#leaseMs });
    return 'begun';
  }

  async renew(key: ReplayKey): Promise<PendingWork | undefined> {
    const lease = this.#of(key).get(nameOf(key));
    if (lease === undefined) return undefined;
    this.#of(key).set(nameOf(key), { ...lease, untilMs: this.#clock.nowMs() + this.#leaseMs });
    return lease.replay;
  }

  async advance(key: ReplayKey, replay: PendingWork): Promise<boolean> {
    const lease = this.#of(key).get(nameOf(key));
    if (lease?.replay.id !== replay.id) return false;
    this.#of(key).set(nameOf(key), { ...lease, replay });
    return true;
  }

  async end(key: ReplayKey, id: string): Promise<boolean> {
    if (this.#of(key).get(nameOf(key))?.replay.id !== id) return false;
    await this.cancel(key);
    return true;
  }

  async cancel(key: ReplayKey): Promise<void> {
    this.#of(key).delete(nameOf(key));
  }

  #of({ principal }: ReplayKey): Map<string, Lease> {
    const leases = this.#leases.get(principal) ?? new Map<string, Lease>();
    this.#leases.set(principal, leases);
    return leases;
  }
}

const nameOf = ({ connectionId, channel }: ReplayKey): string => `${connectionId} ${channel}`;
