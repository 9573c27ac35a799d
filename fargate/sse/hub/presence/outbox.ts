import { type PresenceKey, type PresenceRow, splitPresenceNotification } from '../../../../backbone/domain/presence.ts';
import type { Clock, PresenceBus, PresenceStore } from '../../../../backbone/ports.ts';
import { inParallel } from '../../../../backbone/services/in-parallel.ts';
import type { Logger } from '../../../../backbone/telemetry/logger.ts';
import { backoffMs, HALF_JITTER, jittered } from '../../../../packages/protocol/backoff.ts';

/** Changes are collected for this long: of each member only the last one is written. */
export const WINDOW_MS = 250;

/**
 * How long others believe in this task's members after its last sign of life. Renewed three times within it: a call that
 * fails does no harm.
 */
export const LEASE_MS = 25_000;
const RENEW_MS = 8_000;

const BACKOFF = { firstMs: 500, mostMs: 5_000 };

/** Notifications sent at once. */
const SENDERS = 16;

export interface OutboxOptions {
  readonly owner: string;
  readonly store: PresenceStore;
  readonly bus: PresenceBus;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Writes what changes among this task's members to the store, and then tells the others: in windows, so that many changes
 * make few writes and notifications. What cannot be written stays, and is written later.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  /** The newest row of each key that is not written yet. */
  #waiting = new Map<string, PresenceRow>();
  #flushing: Promise<void> | undefined;
  #leaseUntilMs = 0;
  #isClosing = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Takes a change; the newest of each member counts. */
  note(row: PresenceRow): void {
    this.#waiting.set(JSON.stringify([row.channel, row.member]), row);
    this.#flushing ??= this.#flushLater();
  }

  /** Removes rows of this task from the store that it should not have. */
  async remove(keys: readonly PresenceKey[]): Promise<void> {
    const stale = keys.filter(({ channel, member }) => !this.#waiting.has(JSON.stringify([channel, member])));
    if (stale.length > 0) await this.#options.store.write([], stale);
  }

  /** Call it every second while the task has members. */
  async keepLease(): Promise<void> {
    const { owner, store, clock } = this.#options;
    const nowMs = clock.nowMs();
    if (nowMs < this.#leaseUntilMs - LEASE_MS + RENEW_MS) return;
    await store.renewLease(owner, nowMs + LEASE_MS);
    this.#leaseUntilMs = nowMs + LEASE_MS;
  }

  /** Writes what is left, and ends the lease, with which all rows end that could not be deleted. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#flushing;
    if (this.#leaseUntilMs > 0) await this.#options.store.endLease(this.#options.owner);
  }

  /** Resolves when nothing waits any more, or writing has failed and will be tried again later. */
  async #flushLater(): Promise<void> {
    const { clock, logger } = this.#options;
    for (let failures = 0; this.#waiting.size > 0; ) {
      await clock.sleep(failures === 0 ? WINDOW_MS : jittered(backoffMs(BACKOFF, failures - 1), HALF_JITTER));
      const rows = this.#waiting;
      this.#waiting = new Map();
      try {
        await this.#write([...rows.values()]);
        failures = 0;
      } catch (error) {
        // Newer changes of the same members win.
        this.#waiting = new Map([...rows, ...this.#waiting]);
        logger.warn('could not write presence, which is tried again', { rows: rows.size, error });
        failures++;
        if (this.#isClosing) break;
      }
    }
    this.#flushing = undefined;
  }

  async #write(rows: readonly PresenceRow[]): Promise<void> {
    const { owner, store, bus, logger } = this.#options;
    const present = rows.filter(({ connections }) => connections > 0);
    if (present.length > 0) await this.keepLease();
    await store.write(
      present,
      rows.filter(({ connections }) => connections === 0),
    );
    const notifications = [...Map.groupBy(rows, ({ channel }) => channel)].flatMap(([channel, ofChannel]) =>
      splitPresenceNotification({ channel, owner, changes: ofChannel.map(({ channel: _, owner: __, ...change }) => change) }),
    );
    // The others compare with the store: a lost notification makes them late and not wrong.
    await inParallel(notifications, SENDERS, (notification) =>
      bus
        .tell(notification)
        .catch((error: unknown) => logger.warn('could not tell about presence', { channel: notification.channel, error })),
    );
  }
}
