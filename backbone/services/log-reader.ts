import { type ChannelPosition, formatPosition, isOrigin, ORIGIN, withinEpoch } from '../../packages/protocol/cursor.ts';
import type { SeqRange } from '../../packages/protocol/sequencer.ts';
import type { LogEntry } from '../domain/log-entry.ts';
import { type Age, checkResume, provenUntilMs, type Resumption, settledFloor } from '../domain/resume.ts';
import type { Clock, EventLog, LogPage } from '../ports.ts';
import { inParallel } from './in-parallel.ts';

export interface LogReaderOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  /** How long events stay in the log. */
  readonly retentionMs: number;
  /** A gap older than this is tombstoned: no publisher can still fill it. */
  readonly graceMs: number;
}

/** Entries per query: roughly one DynamoDB page of 1 MB, at 10 KB per event. */
const PAGE = 100;

/** How many seqs of a gap are tombstoned at a time. */
const TOMBSTONES_AT_ONCE = 20;

/** How long to wait before looking again for a baseline that could not be determined. */
const BASELINE_RETRY_MS = 50;

export interface ReplayPage {
  /** In order. Above `settled` there may be gaps between them. */
  readonly entries: readonly LogEntry[];
  /** Everything that exists up to this seq has been read: a missing seq below it is tombstoned for good. */
  readonly settled: number;
  /** False on the last page. */
  readonly more: boolean;
}

/** How far a replay has come. */
export interface ReplayProgress {
  readonly channel: string;
  readonly epoch: string;
  readonly upTo: number;
  /** The last seq that was read. */
  position: number;
  settled: number;
  gapOpen: boolean;
  /** Until this time, nothing after `position` has expired. */
  provenMs: number;
  more: boolean;
}

/** Where a new subscriber starts. */
export interface Tail {
  readonly baseline: ChannelPosition;
  /**
   * The entries read to find the baseline, at most one page: from the head downwards, including those above
   * the baseline.
   */
  readonly newestFirst: readonly LogEntry[];
}

/** A replay cannot continue. A client that resumes at the position gets a reset. */
export class ReplayExpiredError extends Error {
  override readonly name = 'ReplayExpiredError';

  constructor(channel: string, position: ChannelPosition) {
    super(`channel ${channel}: what comes after ${formatPosition(position)} has expired during the replay`);
  }
}

/**
 * Reads a channel's log as every consumer must: baselines, resumption, replay, and gaps that are never waited
 * for indefinitely.
 */
export class LogReader {
  readonly #options: LogReaderOptions;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /**
   * Where a new subscriber starts: everything up to it is settled, and every event written from now on has a
   * higher seq. {@link ORIGIN} for a channel that was never used.
   */
  async baseline(channel: string): Promise<ChannelPosition> {
    return (await this.tail(channel)).baseline;
  }

  /** A channel's baseline, with its newest entries if the head alone did not show the baseline. */
  async tail(channel: string): Promise<Tail> {
    const { log, clock, graceMs } = this.#options;
    for (;;) {
      const head = await log.head(channel);
      if (head === undefined) return { baseline: ORIGIN, newestFirst: [] };
      const nowMs = clock.nowMs();
      const { epoch } = head;
      if (head.allocatedAtMs < nowMs - graceMs) return { baseline: { epoch, seq: head.seq }, newestFirst: [] };
      const { floor, newestFirst } = await this.#floor(channel, head, nowMs);
      if (floor !== undefined) return { baseline: { epoch, seq: floor }, newestFirst };
      // All older entries have expired and the newest is being written right now: it is settled within the
      // grace period.
      await clock.sleep(BASELINE_RETRY_MS);
    }
  }

  async #floor(
    channel: string,
    head: ChannelPosition & { readonly createdAtMs: number },
    nowMs: number,
  ): Promise<{ readonly floor: number | undefined; readonly newestFirst: readonly LogEntry[] }> {
    const { graceMs, retentionMs } = this.#options;
    const nothingExpired = nowMs < head.createdAtMs + retentionMs;
    const first = await this.readBack(channel, head);
    // A busy channel may have many entries within the grace period. Only the newest page is kept whole; of
    // the others, just kind, seq and time.
    const ages: Age[] = [...first.entries];
    for (let page = first; ; ) {
      const floor = settledFloor(head.seq, ages, !page.more && nothingExpired, { nowMs, graceMs });
      if (floor !== undefined || !page.more) return { floor, newestFirst: first.entries };
      page = await this.readBack(channel, { epoch: head.epoch, seq: (page.entries.at(-1)?.seq ?? 1) - 1 });
      ages.push(...page.entries.map(({ kind, seq, atMs }) => ({ kind, seq, atMs })));
    }
  }

  /**
   * One page of what exists at a position and below, newest first.
   * @param limit the most entries, if a page has more
   */
  async readBack(channel: string, { epoch, seq }: ChannelPosition, limit = PAGE): Promise<LogPage> {
    return seq > 0 ? this.#options.log.readBack(channel, epoch, seq, Math.min(limit, PAGE)) : { entries: [], more: false };
  }

  /** Whether the entry proves for another grace period that nothing after it has expired. */
  isFarFromExpiry({ atMs }: Pick<LogEntry, 'atMs'>): boolean {
    const { clock, graceMs } = this.#options;
    return clock.nowMs() < provenUntilMs(atMs, this.#options) - graceMs;
  }

  /** Whether everything after `cursor` can be replayed, or the client must get a reset. */
  async checkResume(channel: string, cursor: ChannelPosition): Promise<Resumption> {
    const { log, clock, retentionMs, graceMs } = this.#options;
    const head = await log.head(channel);
    const { epoch, seq } = head === undefined ? cursor : withinEpoch(cursor, head.epoch);
    const behind = epoch === head?.epoch && seq < head.seq;
    const { entries } = behind ? await log.read(channel, epoch, seq, 2, seq + 1) : { entries: [] };
    return checkResume(cursor, head, entries, { nowMs: clock.nowMs(), retentionMs, graceMs });
  }

  /**
   * Everything after `after`, in pages. Gaps that are old enough are tombstoned on the way. A gap that a
   * publisher may still fill stops `settled`, but not the replay: what follows it may have been notified
   * before the reader came.
   *
   * Call {@link checkResume} first and begin where it says, because the replay treats a missing seq as a gap.
   * If so much time has passed since then that something may have expired, the replay checks again.
   *
   * @param upTo the last seq wanted; the end of the log if undefined
   * @param checkedAtMs when {@link checkResume} was called; now if undefined
   * @throws ReplayExpiredError if the next events may have expired
   */
  async *replay(channel: string, after: ChannelPosition, upTo?: number, checkedAtMs?: number): AsyncGenerator<ReplayPage> {
    for (const replay = this.beginReplay(channel, after, upTo, checkedAtMs); replay.more; ) yield await this.readPage(replay);
  }

  /**
   * Starts a {@link replay} whose reads the caller times. Between the reads nothing but the progress stays in
   * memory.
   */
  beginReplay(
    channel: string,
    after: ChannelPosition,
    upTo = Number.MAX_SAFE_INTEGER,
    checkedAtMs = this.#options.clock.nowMs(),
  ): ReplayProgress {
    // A check is valid for the grace period.
    const provenMs = checkedAtMs + this.#options.graceMs;
    const { epoch, seq } = after;
    // A channel without an epoch has nothing to read.
    const more = seq < upTo && !isOrigin(after);
    return { channel, epoch, upTo, position: seq, settled: seq, gapOpen: false, provenMs, more };
  }

  /**
   * Reads the next page. Call it only while `replay.more` is true.
   * @param limit the most entries to read
   * @throws ReplayExpiredError
   */
  async readPage(replay: ReplayProgress, limit = PAGE): Promise<ReplayPage> {
    const { log, clock, graceMs } = this.#options;
    const { channel, epoch, upTo } = replay;
    for (;;) {
      const page = await log.read(channel, epoch, replay.position + 1, limit, upTo);
      if (clock.nowMs() >= replay.provenMs) {
        replay.provenMs = await this.#proveAgain(channel, { epoch, seq: replay.position });
        continue;
      }
      const entries: LogEntry[] = [];
      for (const entry of page.entries) {
        const from = replay.position + 1;
        if (entry.seq > from && entry.atMs < clock.nowMs() - graceMs) {
          entries.push(...(await this.tombstone(channel, epoch, { from, to: entry.seq - 1 }, entry.atMs)));
        } else if (entry.seq > from) {
          replay.gapOpen = true;
        }
        entries.push(entry);
        replay.position = entry.seq;
        if (entry.kind === 'event') replay.provenMs = Math.max(replay.provenMs, provenUntilMs(entry.atMs, this.#options));
        if (!replay.gapOpen) replay.settled = entry.seq;
      }
      replay.more = page.more && replay.position < upTo;
      return { entries, settled: replay.settled, more: replay.more };
    }
  }

  async #proveAgain(channel: string, position: ChannelPosition): Promise<number> {
    const checkedAtMs = this.#options.clock.nowMs();
    const resumption = await this.checkResume(channel, position);
    if (resumption.kind === 'reset') throw new ReplayExpiredError(channel, position);
    return checkedAtMs + this.#options.graceMs;
  }

  /**
   * Closes a gap that is past the grace period by writing a tombstone at every free seq. Another writer may
   * have been faster, so the result is what the log holds there now, in order.
   */
  async tombstone(channel: string, epoch: string, range: SeqRange, atMs: number): Promise<readonly LogEntry[]> {
    // A batch whose publisher has crashed leaves up to a hundred.
    return inParallel(seqsOf(range), TOMBSTONES_AT_ONCE, (seq) => this.#options.log.tombstone(channel, { epoch, seq }, atMs));
  }

  /** The entries of a range that exist now, in order. */
  async readRange(channel: string, epoch: string, range: SeqRange): Promise<readonly LogEntry[]> {
    const entries: LogEntry[] = [];
    for (let from = range.from, more = epoch !== ORIGIN.epoch; more; from = (entries.at(-1)?.seq ?? range.to) + 1) {
      const page = await this.#options.log.read(channel, epoch, from, PAGE, range.to);
      entries.push(...page.entries);
      more = page.more;
    }
    return entries;
  }
}

function* seqsOf({ from, to }: SeqRange): Generator<number> {
  for (let seq = from; seq <= to; seq++) yield seq;
}
