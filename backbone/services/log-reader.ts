import { formatPosition, isOrigin, ORIGIN, type Position, withinEpoch } from '../domain/cursor.ts';
import type { LogEntry } from '../domain/log-entry.ts';
import { checkResume, provenUntilMs, type Resumption, settledFloor } from '../domain/resume.ts';
import type { SeqRange } from '../domain/sequencer.ts';
import type { Clock, EventLog } from '../ports.ts';

export interface LogReaderOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  /** How long events stay in the log. */
  readonly retentionMs: number;
  /** A hole older than this is buried: no publisher can still fill it. */
  readonly graceMs: number;
}

/** Entries per query: about what one DynamoDB page of 1 MB holds at 10 KB an event. */
const PAGE = 100;

/** How soon a baseline that could not be told yet is looked at again. */
const BASELINE_RETRY_MS = 50;

export interface ReplayPage {
  /** In order. Past `settled` there may be holes between them. */
  readonly entries: readonly LogEntry[];
  /** All that exists up to this seq has been read: a seq still missing below it is buried for good. */
  readonly settled: number;
  /** False on the last page. */
  readonly more: boolean;
}

/** A replay cannot go on: whoever resumes at the position is told by a reset. */
export class ReplayExpiredError extends Error {
  override readonly name = 'ReplayExpiredError';

  constructor(channel: string, position: Position) {
    super(`channel ${channel}: what comes after ${formatPosition(position)} has expired during the replay`);
  }
}

/** Reads a channel's log the way every consumer has to: baselines, resumption, replay, and holes that are never waited on for ever. */
export class LogReader {
  readonly #options: LogReaderOptions;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /**
   * Where a new subscriber starts: everything up to it is settled, and every event written from now on lies behind it.
   * {@link ORIGIN} for a channel that was never used.
   */
  async baseline(channel: string): Promise<Position> {
    const { log, clock, graceMs } = this.#options;
    for (;;) {
      const head = await log.head(channel);
      if (head === undefined) return ORIGIN;
      const nowMs = clock.nowMs();
      if (head.allocatedAtMs < nowMs - graceMs) return { epoch: head.epoch, seq: head.seq };
      const floor = await this.#floor(channel, head, nowMs);
      if (floor !== undefined) return { epoch: head.epoch, seq: floor };
      // All older entries have expired and the newest is being written just now: it is settled within the grace period.
      await clock.sleep(BASELINE_RETRY_MS);
    }
  }

  async #floor(channel: string, head: Position & { readonly createdAtMs: number }, nowMs: number): Promise<number | undefined> {
    const { log, graceMs, retentionMs } = this.#options;
    const newestFirst: LogEntry[] = [];
    for (let from = head.seq; ; ) {
      const page = from > 0 ? await log.readBack(channel, head.epoch, from, PAGE) : { entries: [], more: false };
      newestFirst.push(...page.entries);
      const nothingExpired = nowMs < head.createdAtMs + retentionMs;
      const floor = settledFloor(head.seq, newestFirst, !page.more && nothingExpired, { nowMs, graceMs });
      if (floor !== undefined || !page.more) return floor;
      from = (page.entries.at(-1)?.seq ?? 1) - 1;
    }
  }

  /** Whether everything after `cursor` can be replayed, or the client has to be told that it cannot. */
  async checkResume(channel: string, cursor: Position): Promise<Resumption> {
    const { log, clock, retentionMs, graceMs } = this.#options;
    const head = await log.head(channel);
    const { epoch, seq } = head === undefined ? cursor : withinEpoch(cursor, head.epoch);
    const behind = epoch === head?.epoch && seq < head.seq;
    const { entries } = behind ? await log.read(channel, epoch, seq, 2, seq + 1) : { entries: [] };
    return checkResume(cursor, head, entries, { nowMs: clock.nowMs(), retentionMs, graceMs });
  }

  /**
   * Everything after `after`, in pages. Holes that are old enough are buried on the way; a hole that a publisher may
   * still fill ends `settled`, but not the replay: what lies behind it may have been notified before the reader came.
   * Call {@link checkResume} first, and begin where it says: the replay takes a missing seq for a hole. Where so much time has passed since that something
   * may have expired, it checks again.
   *
   * @param upTo the last seq wanted; the end of the log when undefined
   * @param checkedAtMs when {@link checkResume} was called; just now when undefined
   * @throws ReplayExpiredError what comes next may have expired
   */
  async *replay(
    channel: string,
    after: Position,
    upTo = Number.MAX_SAFE_INTEGER,
    checkedAtMs = this.#options.clock.nowMs(),
  ): AsyncGenerator<ReplayPage> {
    const { log, clock, graceMs } = this.#options;
    let position = after.seq;
    let settled = after.seq;
    let holeOpen = false;
    // A check is good for the grace period.
    let provenMs = checkedAtMs + graceMs;
    // A channel without an epoch has nothing to read.
    for (let more = position < upTo && !isOrigin(after); more; ) {
      const page = await log.read(channel, after.epoch, position + 1, PAGE, upTo);
      if (clock.nowMs() >= provenMs) {
        provenMs = await this.#proveAgain(channel, { epoch: after.epoch, seq: position });
        continue;
      }
      const entries: LogEntry[] = [];
      for (const entry of page.entries) {
        if (entry.seq > position + 1 && entry.atMs < clock.nowMs() - graceMs) {
          entries.push(...(await this.bury(channel, after.epoch, { from: position + 1, to: entry.seq - 1 }, entry.atMs)));
        } else if (entry.seq > position + 1) {
          holeOpen = true;
        }
        entries.push(entry);
        position = entry.seq;
        if (entry.kind === 'event') provenMs = Math.max(provenMs, provenUntilMs(entry.atMs, this.#options));
        if (!holeOpen) settled = entry.seq;
      }
      more = page.more && position < upTo;
      yield { entries, settled, more };
    }
  }

  async #proveAgain(channel: string, position: Position): Promise<number> {
    const checkedAtMs = this.#options.clock.nowMs();
    const resumption = await this.checkResume(channel, position);
    if (resumption.kind === 'reset') throw new ReplayExpiredError(channel, position);
    return checkedAtMs + this.#options.graceMs;
  }

  /**
   * Closes a hole that is past the grace period: a tombstone at every free seq. Whoever was faster wins, so the
   * answer is what the log holds there now, in order.
   */
  async bury(channel: string, epoch: string, range: SeqRange, atMs: number): Promise<readonly LogEntry[]> {
    const buried: LogEntry[] = [];
    for (let seq = range.from; seq <= range.to; seq++) buried.push(await this.#options.log.bury(channel, { epoch, seq }, atMs));
    return buried;
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
