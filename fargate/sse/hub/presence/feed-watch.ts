import type { PresenceRow } from '../../../../backbone/domain/presence.ts';
import type { Clock, PresenceStore } from '../../../../backbone/ports.ts';
import type { Logger } from '../../../../backbone/telemetry/logger.ts';
import { Permits } from '../permits.ts';
import type { Outbox } from './outbox.ts';
import type { OwnMembers } from './own-members.ts';
import type { PresenceFeed } from './presence-feed.ts';
import type { PresenceFeeds } from './presence-feeds.ts';

/** How often a feed is compared with the store. */
export const COMPARE_MS = 30_000;

/** A read that failed is tried again after this. */
const RETRY_MS = 2_000;

/** A channel of which only the count is known is read again this long after a change: the larger it is, the later. */
const RECOUNT_MS = 2_000;
const RECOUNT_MS_PER_MEMBER = 0.5;

/** How long a row of this task may be missing in the store: its write may be under way. */
const WRITE_MS = 5_000;

/** Channels that are read at once, in total and for one principal. Large ones take several pages. */
const READS = 8;
const READS_PER_PRINCIPAL = 4;

export interface FeedWatchOptions {
  /** This task. */
  readonly owner: string;
  readonly store: PresenceStore;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly feeds: PresenceFeeds;
  readonly members: OwnMembers;
  readonly outbox: Outbox;
  /** Called when a feed has something to cut. */
  readonly onChange: (feed: PresenceFeed) => void;
}

/** Keeps feeds right: compares them with the store now and then, and forgets the members of tasks that have died. */
export class FeedWatch {
  readonly #options: FeedWatchOptions;
  readonly #reads = new Permits(READS, READS_PER_PRINCIPAL);
  /** When the leases of other tasks end, as far as they were read. */
  #leases = new Map<string, number>();

  constructor(options: FeedWatchOptions) {
    this.#options = options;
  }

  /** Only the count is known, and it has changed. */
  recount(feed: PresenceFeed): void {
    const nowMs = this.#options.clock.nowMs();
    feed.readAtMs = Math.min(feed.readAtMs, nowMs + RECOUNT_MS + RECOUNT_MS_PER_MEMBER * feed.count);
  }

  /** Call it every second. Rejects if the leases cannot be read. */
  async tick(signal: AbortSignal): Promise<void> {
    const { feeds, clock, onChange } = this.#options;
    const nowMs = clock.nowMs();
    for (const feed of feeds.all()) {
      if (feed.users > 0 && feed.readAtMs <= nowMs) void this.read(feed, signal);
      if (feed.lapsesAtMs <= nowMs && feed.dropLapsed(nowMs)) onChange(feed);
    }
    await this.#dropLapsed(nowMs);
  }

  /** Reads a feed from the store, unless it is being read. Never rejects: it is tried again. */
  async read(feed: PresenceFeed, signal: AbortSignal): Promise<void> {
    const { store, clock, logger, feeds, members, onChange } = this.#options;
    if (feed.isReading) return;
    feed.isReading = true;
    try {
      const release = await this.#reads.for(feed.principal).acquire(signal);
      try {
        if (!feeds.has(feed)) return;
        const sinceMs = clock.nowMs();
        feed.readAtMs = sinceMs + COMPARE_MS;
        const { count, rows } = await store.read(feed.channel);
        const read = rows === undefined ? { count } : { count, rows: withOwn(rows, this.#options.owner, members.rowsOf(feed.channel)) };
        if (feed.takeRead(read, sinceMs)) onChange(feed);
        if (rows !== undefined) await this.#mend(feed.channel, rows, sinceMs);
      } finally {
        release();
      }
    } catch (error) {
      if (signal.aborted) return;
      feed.fail(error);
      feed.readAtMs = clock.nowMs() + RETRY_MS;
      logger.warn('could not read presence, which is tried again', { channel: feed.channel, error });
    } finally {
      feed.isReading = false;
    }
  }

  /** Writes rows of this task that the store has lost, and removes those that it should not have. */
  async #mend(channel: string, rows: readonly PresenceRow[], sinceMs: number): Promise<void> {
    const { owner, members, outbox } = this.#options;
    const stored = new Map(rows.filter((row) => row.owner === owner).map((row) => [row.member, row]));
    await outbox.remove([...stored.values()].filter(({ member }) => !members.has(channel, member)));
    for (const row of members.rowsOf(channel)) {
      const same = stored.get(row.member)?.version === row.version;
      if (!same && row.version < sinceMs - WRITE_MS) outbox.note(row);
    }
  }

  async #dropLapsed(nowMs: number): Promise<void> {
    const { owner: self, store, feeds, onChange } = this.#options;
    const owners = new Set(feeds.all().flatMap((feed) => [...feed.owners]));
    owners.delete(self);
    this.#leases = new Map([...this.#leases].filter(([owner]) => owners.has(owner)));
    const uncertain = [...owners].filter((owner) => (this.#leases.get(owner) ?? 0) <= nowMs);
    if (uncertain.length === 0) return;
    const renewed = await store.leases(uncertain);
    for (const owner of uncertain) {
      const untilMs = renewed.get(owner);
      if (untilMs !== undefined) {
        this.#leases.set(owner, untilMs);
        continue;
      }
      for (const feed of feeds.all()) if (feed.owners.has(owner) && feed.dropOwner(owner)) onChange(feed);
    }
  }
}

/** What the store has, with a task's own rows instead of those that it has of them: nobody knows them better. */
export function withOwn(rows: readonly PresenceRow[], owner: string, own: readonly PresenceRow[]): readonly PresenceRow[] {
  return [...rows.filter((row) => row.owner !== owner), ...own];
}
