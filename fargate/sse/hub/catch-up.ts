import type { ChannelEvent } from '../../../backbone/domain/event.ts';
import type { Age } from '../../../backbone/domain/resume.ts';
import type { Clock } from '../../../backbone/ports.ts';
import { type LogReader, ReplayExpiredError, type ReplayPage, type ReplayProgress } from '../../../backbone/services/log-reader.ts';
import type { ChannelPosition } from '../../../packages/protocol/cursor.ts';
import type { ResetReason } from '../../../packages/protocol/index.ts';
import type { Feed } from './feed.ts';
import type { PermitSource, Permits } from './permits.ts';
import type { Ring } from './ring.ts';

export interface CatchUpOptions {
  readonly reader: LogReader;
  readonly clock: Clock;
  /**
   * Permits for reading pages of the log. A permit is held while the log is read, never while waiting for a
   * client.
   */
  readonly reads: Permits;
  /** Permits for reads of one or two items. */
  readonly lookups: Permits;
  /** Called when a reader begins to be served from the log. */
  readonly onReplay: () => void;
  /** Called when a reader is told that it cannot resume. */
  readonly onReset: () => void;
}

/** Receives what a reader has missed. */
export interface CatchUpVisitor {
  /** The principal that each read of the log counts against. */
  readonly principal: string;
  /**
   * Held from before a page is read until the page is given up: a reader that catches up in several channels
   * holds one page at a time.
   */
  readonly turn: PermitSource | undefined;
  /**
   * Takes events in order, possibly not all of them: the others are read again after {@link wantsMore}. The
   * last one taken is the reader's new position. @returns how many were taken
   */
  events(events: readonly ChannelEvent[]): Promise<number>;
  /** Everything between the reader's position and `position` can no longer be delivered. */
  reset(reason: ResetReason, position: ChannelPosition): Promise<void>;
  /** Waits until the reader has room for more; false if it wants no more for now. */
  wantsMore(): Promise<boolean>;
  /**
   * The feed is behind the reader. Waits until it has caught up, which takes the grace period at most; false
   * if the reader wants no more for now.
   */
  feedIsBehind(): Promise<boolean>;
}

/** Entries per read. If a reader takes only part of a page, later reads ask for less than a page. */
const MAX_PAGE = 100;
const FIRST_PAGE = 25;
const FIRST_PAGE_CHARS = 64 * 1024;

/** The JSON of a page cannot be parsed in pieces: 256 KiB take a few milliseconds. */
const PAGE_CHARS = 256 * 1024;

/** Parsing and encoding this many characters is about as much work as the read itself. */
const READ_CHARS = 16 * 1024;

function charsOf({ entries }: ReplayPage): number {
  return entries.reduce((sum, entry) => sum + (entry.kind === 'event' ? entry.event.data.length : 0), 0);
}

/**
 * Small, because nobody knows yet whether the client reads what it has asked for. In the ring, an event takes
 * about twice as many bytes as its data has characters.
 */
function firstLimit({ meanBytes }: Ring): number {
  return limitWithin(FIRST_PAGE_CHARS, FIRST_PAGE, meanBytes / 2);
}

function nextLimit(limit: number, meanChars: number): number {
  return limitWithin(PAGE_CHARS, Math.min(limit * 2, MAX_PAGE), meanChars);
}

/** At least one entry, and no more than fit into the given number of characters. */
function limitWithin(chars: number, maxEntries: number, meanChars: number): number {
  return Math.max(1, Math.min(maxEntries, Math.floor(chars / Math.max(1, meanChars))));
}

/**
 * Brings a reader from wherever it stopped to the feed's ring. If the ring reaches back far enough, or can be
 * extended to, the ring alone serves the reader; otherwise a replay of the log does; otherwise the reader
 * gets a reset.
 *
 * @returns the ordinal to continue with; undefined if the visitor wanted no more
 */
export async function catchUp(
  feed: Feed,
  from: ChannelPosition,
  visitor: CatchUpVisitor,
  signal: AbortSignal,
  options: CatchUpOptions,
): Promise<number | undefined> {
  const { reader, clock, onReset } = options;
  let replayed = feed.history.mayReachBackTo(from);
  if (replayed) await reachBack(feed, from, visitor, signal, options);
  for (let position: ChannelPosition | undefined = from; position !== undefined; ) {
    const ordinal = feed.locate(position);
    if (ordinal !== undefined) return ordinal;
    const checkedAtMs = clock.nowMs();
    const at = position;
    const resumption = await inTurn(options.lookups, visitor, signal, () => reader.checkResume(feed.channel, at));
    if (resumption.kind === 'reset' && resumption.reason === 'epoch_changed' && position.epoch === feed.position.epoch) {
      // The log has lost the epoch that the feed still has, so the reader's new position must be in the next
      // epoch.
      await feed.refresh();
    } else if (resumption.kind === 'reset') {
      position = feed.position;
      onReset();
      await visitor.reset(resumption.reason, position);
      if (!(await visitor.wantsMore())) return undefined;
    } else if (resumption.from.epoch !== feed.position.epoch) {
      // The client learned of a new epoch from another task before this task did.
      await feed.refresh();
    } else if (position.seq > feed.position.seq) {
      // The client was further ahead on another task. Its events are in the log, so this feed will get there
      // too.
      feed.noteAssigned(position.seq);
      if (!(await visitor.feedIsBehind())) return undefined;
    } else {
      if (!replayed) options.onReplay();
      replayed = true;
      position = await replay(feed, resumption.from, checkedAtMs, visitor, signal, options);
    }
  }
  return undefined;
}

/**
 * Extends the ring back to the position, if it can. All readers that need the same page wait for one read.
 * Each of them also waits for its own turn to read it, so none depends on the turn of another.
 */
export async function reachBack(
  feed: Feed,
  position: ChannelPosition,
  { principal }: Pick<CatchUpVisitor, 'principal'>,
  signal: AbortSignal,
  { reads, onReplay }: CatchUpOptions,
): Promise<void> {
  onReplay();
  while (feed.history.mayReachBackTo(position)) {
    if (feed.history.reading !== undefined) {
      await feed.history.reading;
      signal.throwIfAborted();
      continue;
    }
    const release = await reads.for(principal).acquire(signal);
    try {
      if (feed.history.reading === undefined && feed.history.mayReachBackTo(position)) await feed.history.reachBack();
    } finally {
      release();
    }
    signal.throwIfAborted();
  }
}

/** @returns the position reached; undefined if the visitor wanted no more */
async function replay(
  feed: Feed,
  from: ChannelPosition,
  checkedAtMs: number,
  visitor: CatchUpVisitor,
  signal: AbortSignal,
  options: CatchUpOptions,
): Promise<ChannelPosition | undefined> {
  const { reader, clock } = options;
  const { channel } = feed;
  const { floor } = feed.ring;
  let progress = reader.beginReplay(channel, from, undefined, checkedAtMs);
  let reached = from;
  let limit = firstLimit(feed.ring);
  let behindGap: Age | undefined;
  try {
    while (progress.more) {
      const page = await servePage(progress, reached, limit, visitor, signal, options);
      reached = page.reached;
      behindGap ??= page.behindGap;
      // While waiting for the client, nothing of the page is held except what the visitor accounts for.
      if (!(await visitor.wantsMore())) return undefined;
      if (feed.locate(reached) !== undefined) return reached;
      if (page.isCut) progress = reader.beginReplay(channel, reached, undefined, checkedAtMs);
      limit = page.isCut ? Math.max(1, page.taken) : nextLimit(limit, page.meanChars);
    }
    if (reached.epoch !== floor.epoch || reached.seq >= floor.seq) return reached;
    // A log that was wiped in the meantime looks the same, but is not a gap. The loop in {@link catchUp}
    // sends the reset.
    const resumption = await inTurn(options.lookups, visitor, signal, () => reader.checkResume(channel, reached));
    if (resumption.kind === 'reset') return reached;
    // Everything below the floor was settled when the feed began. What is still missing is a gap that nobody
    // has tombstoned yet.
    const rest = { from: reached.seq + 1, to: Math.min(floor.seq, (behindGap?.seq ?? Number.MAX_SAFE_INTEGER) - 1) };
    const entries = await reader.tombstone(channel, floor.epoch, rest, behindGap?.atMs ?? clock.nowMs());
    signal.throwIfAborted();
    reached = (await serve({ entries, settled: rest.to, more: false }, reached, visitor)).reached;
    return (await visitor.wantsMore()) ? reached : undefined;
  } catch (error) {
    // The client was so slow that the next events have expired: the next check reports it.
    if (error instanceof ReplayExpiredError) return reached;
    throw error;
  }
}

interface ServedPage {
  readonly reached: ChannelPosition;
  readonly taken: number;
  /** Average number of characters of data per event. */
  readonly meanChars: number;
  /** The visitor has not taken all events. */
  readonly isCut: boolean;
  /**
   * The first entry above an open gap. Delivering what lies there is up to the feed, which waits for the gap
   * or tombstones it.
   */
  readonly behindGap: Age | undefined;
}

async function servePage(
  progress: ReplayProgress,
  from: ChannelPosition,
  limit: number,
  visitor: CatchUpVisitor,
  signal: AbortSignal,
  options: CatchUpOptions,
): Promise<ServedPage> {
  const endTurn = await visitor.turn?.acquire(signal);
  try {
    const page = await inTurn(options.reads, visitor, signal, () => options.reader.readPage(progress, limit));
    options.reads.noteUse(visitor.principal, charsOf(page) / READ_CHARS);
    return await serve(page, from, visitor);
  } finally {
    endTurn?.();
  }
}

async function serve({ entries, settled }: ReplayPage, from: ChannelPosition, visitor: CatchUpVisitor): Promise<ServedPage> {
  const events = entries.flatMap((entry) => (entry.kind === 'event' && entry.seq <= settled ? [entry.event] : []));
  const taken = events.length === 0 ? 0 : await visitor.events(events);
  const isCut = taken < events.length;
  const reached = isCut ? (events[taken - 1]?.seq ?? from.seq) : settled;
  const gap = entries.find(({ seq }) => seq > settled);
  return {
    reached: { epoch: from.epoch, seq: reached },
    taken,
    meanChars: events.reduce((sum, { data }) => sum + data.length, 0) / Math.max(1, events.length),
    isCut,
    behindGap: gap && { kind: gap.kind, seq: gap.seq, atMs: gap.atMs },
  };
}

/** Reads the log as soon as it is the visitor's turn. */
export async function inTurn<Result>(
  permits: Permits,
  { principal }: Pick<CatchUpVisitor, 'principal'>,
  signal: AbortSignal,
  read: () => Promise<Result>,
): Promise<Result> {
  const release = await permits.for(principal).acquire(signal);
  const result = await read().finally(release);
  signal.throwIfAborted();
  return result;
}
