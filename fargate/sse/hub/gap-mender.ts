import type { LogEntry } from '../../../backbone/domain/log-entry.ts';
import type { Clock } from '../../../backbone/ports.ts';
import type { LogReader } from '../../../backbone/services/log-reader.ts';
import type { Logger } from '../../../backbone/telemetry/logger.ts';
import { backoffMs } from '../../../packages/protocol/backoff.ts';
import { missingFrom, type Sequencer } from '../../../packages/protocol/sequencer.ts';
import { GapWatch } from './gap-watch.ts';

export interface GapMenderOptions {
  readonly reader: LogReader;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A gap is tombstoned when its seqs have been known for this long. */
  readonly graceMs: number;
  readonly onTombstoned: (gaps: number) => void;
}

/** The feed whose gaps are closed. */
export interface MendedFeed {
  /** That of the epoch which is read now; undefined once the feed has closed. */
  sequencer(): Sequencer<LogEntry> | undefined;
  take(entries: readonly LogEntry[]): void;
  /** Resolves when readers have been offered what was taken, if that is more than the ring should hold. */
  pace(): Promise<void> | undefined;
  /** Asks the log for the channel's epoch. */
  refresh(): Promise<void>;
}

/** Seqs read from the log at once: one page, for all of it is held until it is in order. */
const MAX_READ = 100;

const BACKOFF = { firstMs: 200, mostMs: 5_000 };

/** Closes the gaps of one channel: with what the log has, or with tombstones. */
export class GapMender {
  readonly #channel: string;
  readonly #options: GapMenderOptions;
  readonly #feed: MendedFeed;
  #gaps = new GapWatch();
  #isMending = false;
  #nap: AbortController | undefined;

  constructor(channel: string, options: GapMenderOptions, feed: MendedFeed) {
    this.#channel = channel;
    this.#options = options;
    this.#feed = feed;
  }

  /** Notes that all seqs up to this one are assigned. */
  note(seq: number): void {
    this.#gaps.note(seq, this.#options.clock.nowMs());
  }

  /** All seqs up to this one have come out. */
  settle(seq: number): void {
    this.#gaps.settle(seq);
    this.#nap?.abort();
  }

  /** What was noted was of another epoch. */
  beginEpoch(): void {
    this.#gaps = new GapWatch();
    this.#nap?.abort();
  }

  /** Sees to it that nothing stays missing. */
  start(): void {
    if (!this.#isMending && this.#feed.sequencer()?.hasGap === true) void this.#mend();
  }

  /** The feed has closed. */
  stop(): void {
    this.#nap?.abort();
  }

  /** Works until nothing is missing: reads a gap at once, waits for its publisher as long as it may still come, then tombstones it. */
  async #mend(): Promise<void> {
    this.#isMending = true;
    let failures = 0;
    for (;;) {
      const sequencer = this.#feed.sequencer();
      const missing = sequencer && missingFrom(sequencer);
      if (sequencer === undefined || missing === undefined) break;
      try {
        await this.#mendOnce(sequencer, missing.from, Math.min(missing.to, missing.from + MAX_READ - 1));
        failures = 0;
      } catch (error) {
        this.#options.logger.warn('could not mend a gap', { channel: this.#channel, error });
        await this.#sleep(backoffMs(BACKOFF, failures++));
      }
    }
    this.#isMending = false;
  }

  async #mendOnce(sequencer: Sequencer<LogEntry>, from: number, to: number): Promise<void> {
    const { reader, clock, graceMs, onTombstoned } = this.#options;
    const isOver = () => sequencer !== this.#feed.sequencer();
    // What is behind the gap tells how old it is, if it is there.
    const found = await reader.readRange(this.#channel, sequencer.epoch, { from, to: to + 1 });
    if (isOver()) return;
    this.#feed.take(found);
    await this.#feed.pace();
    if (sequencer.seq >= from) return;

    const nowMs = clock.nowMs();
    const noticedAtMs = this.#gaps.noticedAtMs(from) ?? nowMs;
    const dueMs = noticedAtMs + graceMs - nowMs;
    if (dueMs > 0) {
      await this.#sleep(dueMs);
      return;
    }

    // In a log that was wiped or restored nothing is found either: that is a reset, and not a gap.
    await this.#feed.refresh();
    if (isOver()) return;
    const [behind] = found;
    const last = Math.min((behind?.seq ?? to + 1) - 1, this.#gaps.knownAt(nowMs - graceMs));
    const atMs = Math.min(noticedAtMs, behind?.atMs ?? noticedAtMs);
    const entries = await reader.tombstone(this.#channel, sequencer.epoch, { from, to: last }, atMs);
    onTombstoned(entries.filter(({ kind }) => kind === 'tombstone').length);
    if (!isOver()) this.#feed.take(entries);
  }

  /** Ends early when the feed moves on or closes. */
  async #sleep(ms: number): Promise<void> {
    const nap = new AbortController();
    this.#nap = nap;
    try {
      await this.#options.clock.sleep(ms, nap.signal);
    } catch (error) {
      if (!nap.signal.aborted) throw error;
    } finally {
      this.#nap = undefined;
    }
  }
}
