import { randomBytes } from 'node:crypto';
import { type PresenceNotification, toPresenceResponse } from '../../../../backbone/domain/presence.ts';
import type { Clock, PresenceBus, PresenceStore } from '../../../../backbone/ports.ts';
import type { Logger } from '../../../../backbone/telemetry/logger.ts';
import type { PresenceResponse } from '../../../../packages/protocol/index.ts';
import type { Shares } from '../../budget/shares.ts';
import { Permits } from '../permits.ts';
import { FeedWatch, withOwn } from './feed-watch.ts';
import { Outbox, WINDOW_MS } from './outbox.ts';
import { type Membership, OwnMembers } from './own-members.ts';
import { PollPresence } from './poll-presence.ts';
import type { PresenceFeed, PresenceReader } from './presence-feed.ts';
import { PresenceFeeds } from './presence-feeds.ts';
import { ReaderPasses } from './reader-passes.ts';
import { StreamPresence } from './stream-presence.ts';

export interface PresenceOptions {
  readonly store: PresenceStore;
  readonly bus: PresenceBus;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly memory: Shares;
  readonly places: Shares;
  readonly makeRoom: () => void;
}

/** What a stream or poll asks for. */
export interface PresenceRequest {
  /** It is present on its channels, and says this about itself; undefined if it is not. */
  readonly present: string | undefined;
  /** It follows who else is. */
  readonly follows: boolean;
  /** Of a poll: the states that it knows, by channel. */
  readonly states?: ReadonlyMap<string, string>;
}

/** What a stream or poll has. */
export interface PresenceSession<Reader> {
  readonly reader: Reader;
  /** @param linger its memberships last until the principal's next poll, for a while */
  close(linger?: boolean): void;
}

/** An answer from the store, which may be under way. */
interface Look {
  readonly atMs: number;
  readonly answer: Promise<PresenceResponse>;
}

const TICK_MS = 1_000;

/** DynamoDB deletes rows of tasks a day after they were written. */
const RENEW_ROWS_MS = 12 * 3_600_000;

/** Requests for who is present that are answered from the store at once, in total and for one principal. */
const LOOKS = 8;
const LOOKS_PER_PRINCIPAL = 2;

/** An answer that was read from the store serves others for this long: a client that asks again and again costs nothing. */
const LOOK_MS = 1_000;
const MAX_LOOKS_KEPT = 64;

/** A stopping task has little time, and its lease lapses without its help. */
const CLOSE_MS = 2_000;

/** Who is present: the members that this task serves, and what it knows about those of others. */
export class Presence {
  readonly #options: PresenceOptions;
  /** Random, so that a task that starts again is another owner. */
  readonly #owner = randomBytes(9).toString('base64url');
  readonly #members: OwnMembers;
  readonly #outbox: Outbox;
  readonly #feeds: PresenceFeeds;
  readonly #watch: FeedWatch;
  readonly #passes = new ReaderPasses();
  readonly #behind = new Set<PresenceReader>();
  readonly #looks = new Permits(LOOKS, LOOKS_PER_PRINCIPAL);
  /** The oldest comes first. */
  readonly #looked = new Map<string, Look>();
  readonly #windows = new Set<PresenceFeed>();
  readonly #stopped = new AbortController();
  #isRunning = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
    const { store, clock, logger, memory } = options;
    const owner = this.#owner;
    this.#outbox = new Outbox({ ...options, owner });
    this.#members = new OwnMembers({
      owner,
      clock,
      memory,
      onChange: (row) => {
        this.#outbox.note(row);
        const { channel, ...change } = row;
        this.#take({ channel, owner, changes: [change] });
      },
    });
    this.#feeds = new PresenceFeeds(options);
    this.#watch = new FeedWatch({
      owner,
      store,
      clock,
      logger,
      feeds: this.#feeds,
      members: this.#members,
      outbox: this.#outbox,
      onChange: (feed) => this.#cutSoon(feed),
    });
  }

  /** Does what has to be done every second while anybody is present or follows presence. */
  async #run(): Promise<void> {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopped;
    if (this.#isRunning) return;
    this.#isRunning = true;
    let renewedAtMs = clock.nowMs();
    while (!this.#members.isEmpty || !this.#feeds.isEmpty) {
      await clock.sleep(TICK_MS, signal).catch(() => {});
      if (signal.aborted) return;
      const nowMs = clock.nowMs();
      this.#members.endLingering(nowMs);
      this.#feeds.removeIdle();
      if (nowMs - renewedAtMs >= RENEW_ROWS_MS / 12) {
        this.#members.renewOlderThan(nowMs - RENEW_ROWS_MS);
        renewedAtMs = nowMs;
      }
      this.#passes.wake(this.#behind);
      await this.#watch.tick(signal).catch((error: unknown) => logger.warn('could not read leases of presence', { error }));
      if (this.#members.isEmpty) continue;
      await this.#outbox.keepLease().catch((error: unknown) => logger.warn('could not renew the lease of presence', { error }));
    }
    this.#isRunning = false;
  }

  /** Takes a notification of the topic. */
  offer(notification: PresenceNotification): void {
    if (notification.owner !== this.#owner) this.#take(notification);
  }

  /** How many of the channels the principal comes to with a poll; on the others it still is since its last one. */
  changesByPoll(channels: readonly string[], principal: string): number {
    return this.#members.newFor(channels, principal);
  }

  /**
   * @param evict closes the stream: others need what it holds
   * @returns undefined if the principal has reached its share
   */
  openStream(
    request: PresenceRequest,
    channels: readonly string[],
    principal: string,
    evict: () => void,
  ): PresenceSession<StreamPresence> | undefined {
    const { memory } = this.#options;
    return this.#open(
      request,
      channels,
      principal,
      (channel, data) => this.#members.join(channel, principal, data, evict),
      (feeds) => new StreamPresence(feeds, { principal, memory, behind: this.#behind }),
    );
  }

  /** The same for a poll. */
  openPoll(request: PresenceRequest, channels: readonly string[], principal: string): PresenceSession<PollPresence> | undefined {
    const { memory } = this.#options;
    const { states = new Map() } = request;
    return this.#open(
      request,
      channels,
      principal,
      (channel, data) => this.#members.joinByPoll(channel, principal, data),
      (feeds) => new PollPresence(feeds, states, { principal, memory }),
    );
  }

  /** Who is present, now or a second ago. Rejects if the store cannot be read, or with the signal's reason. */
  async look(channel: string, principal: string, signal: AbortSignal): Promise<PresenceResponse> {
    const feed = this.#feeds.get(channel);
    if (feed?.isOpen === true && feed.users > 0) return feed.current;
    const release = await this.#looks.for(principal).acquire(signal);
    try {
      return await this.#lookOnce(channel);
    } finally {
      release();
    }
  }

  /** Ends what is left, and does nothing periodically any more. */
  stop(): void {
    this.#members.endAll();
    this.#stopped.abort();
  }

  /** Resolves when the members of this task are removed from the store, after {@link stop}. */
  async close(): Promise<void> {
    const { clock, logger } = this.#options;
    const over = new AbortController();
    const closing = this.#outbox.close().catch((error: unknown) => logger.warn('could not remove members from presence', { error }));
    await Promise.race([closing, clock.sleep(CLOSE_MS, over.signal).catch(() => {})]);
    over.abort();
  }

  #open<Reader extends PresenceReader & { close(): void }>(
    { present, follows }: PresenceRequest,
    channels: readonly string[],
    principal: string,
    join: (channel: string, data: string) => Membership | undefined,
    read: (feeds: readonly PresenceFeed[]) => Reader,
  ): PresenceSession<Reader> | undefined {
    const feeds = follows ? this.#feeds.acquire(channels, principal) : [];
    if (feeds === undefined) return undefined;
    const memberships: Membership[] = [];
    const leave = () => {
      for (const membership of memberships) membership.leave();
      for (const feed of feeds) this.#feeds.release(feed);
    };
    for (const channel of present === undefined ? [] : channels) {
      const membership = join(channel, present ?? '');
      if (membership === undefined) {
        leave();
        return undefined;
      }
      memberships.push(membership);
    }
    void this.#run();
    for (const feed of feeds) if (!feed.isOpen) void this.#watch.read(feed, this.#stopped.signal);
    const reader = read(feeds);
    let closed = false;
    const close = (linger = false) => {
      if (closed) return;
      closed = true;
      reader.close();
      if (linger) for (const membership of memberships.splice(0)) membership.linger();
      leave();
    };
    return { reader, close };
  }

  async #lookOnce(channel: string): Promise<PresenceResponse> {
    const nowMs = this.#options.clock.nowMs();
    for (const [other, { atMs }] of this.#looked) {
      if (nowMs - atMs < LOOK_MS && this.#looked.size <= MAX_LOOKS_KEPT) break;
      this.#looked.delete(other);
    }
    const { answer } = this.#looked.get(channel) ?? { answer: this.#lookNow(channel) };
    if (!this.#looked.has(channel)) this.#looked.set(channel, { atMs: nowMs, answer });
    return answer.catch((error: unknown) => {
      this.#looked.delete(channel);
      throw error;
    });
  }

  async #lookNow(channel: string): Promise<PresenceResponse> {
    const { count, rows } = await this.#options.store.read(channel);
    if (rows === undefined) return toPresenceResponse(channel, { count });
    const now = withOwn(rows, this.#owner, this.#members.rowsOf(channel));
    return toPresenceResponse(channel, { count: new Set(now.map(({ member }) => member)).size, rows: now });
  }

  #take(notification: PresenceNotification): void {
    const feed = this.#feeds.get(notification.channel);
    if (feed === undefined) return;
    if (feed.isOpen && feed.isCounted) this.#watch.recount(feed);
    if (feed.take(notification)) this.#cutSoon(feed);
  }

  /** Cuts at once what the first read has brought, and everything else at the end of a window. */
  #cutSoon(feed: PresenceFeed): void {
    if (this.#windows.has(feed)) return;
    if (feed.state === '') {
      this.#cut(feed);
      return;
    }
    this.#windows.add(feed);
    this.#options.clock.sleep(WINDOW_MS, this.#stopped.signal).then(
      () => {
        this.#windows.delete(feed);
        this.#cut(feed);
      },
      () => {},
    );
  }

  #cut(feed: PresenceFeed): void {
    if (!this.#feeds.has(feed)) return;
    const forget = () => {
      if (feed.forgetNames()) this.#cutSoon(feed);
    };
    if (!this.#feeds.account(feed, forget)) feed.forgetNames();
    feed.cut();
    this.#passes.wake(feed.readers);
  }
}
