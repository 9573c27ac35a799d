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
  /** Reads of pages of the log at once. A permit is held while the log is read, and never while a client is waited for. */
  readonly reads: Permits;
  /** The same for reads of an item or two. */
  readonly lookups: Permits;
  /** A reader is being served from the log. */
  readonly onReplay: () => void;
  /** A reader is being told that it cannot be resumed. */
  readonly onReset: () => void;
}

/** Takes what a reader has missed. */
export interface CatchUpVisitor {
  /** Whose turn each read of the log is. */
  readonly principal: string;
  /** Held from before a page is read until it is given up: whoever catches up in several channels has one page at a time. */
  readonly turn: PermitSource | undefined;
  /**
   * Takes events in order, and may take fewer than all of them: the others are read again, after {@link wantsMore}.
   * The last one taken is the reader's new position. @returns how many were taken
   */
  events(events: readonly ChannelEvent[]): Promise<number>;
  /** Everything between the reader's position and `position` cannot be had any more. */
  reset(reason: ResetReason, position: ChannelPosition): Promise<void>;
  /** Waits until the reader has room for more; false when it wants no more for now. */
  wantsMore(): Promise<boolean>;
  /** The feed is behind the reader. It comes up once its gaps are closed, which takes the grace period at most. False as above. */
  feedIsBehind(): Promise<boolean>;
}

/** Entries asked for at once. A reader that takes fewer of a page is not read a whole one again. */
const MAX_PAGE = 100;
const FIRST_PAGE = 25;
const FIRST_PAGE_CHARS = 64 * 1024;

/** Parsing an answer of the log cannot be done in pieces: 256 KiB take a few milliseconds. */
const PAGE_CHARS = 256 * 1024;

/** Parsing and encoding so many characters takes about as much work as the read itself. */
const READ_CHARS = 16 * 1024;

function charsOf({ entries }: ReplayPage): number {
  return entries.reduce((sum, entry) => sum + (entry.kind === 'event' ? entry.event.data.length : 0), 0);
}

/** Small, because nobody knows yet whether the client takes what it has asked for. An event in the ring takes about twice its characters. */
function firstLimit({ meanBytes }: Ring): number {
  return limitWithin(FIRST_PAGE_CHARS, FIRST_PAGE, meanBytes / 2);
}

function nextLimit(limit: number, meanChars: number): number {
  return limitWithin(PAGE_CHARS, Math.min(limit * 2, MAX_PAGE), meanChars);
}

/** At least one entry, and no more than so many characters hold. */
function limitWithin(chars: number, maxEntries: number, meanChars: number): number {
  return Math.max(1, Math.min(maxEntries, Math.floor(chars / Math.max(1, meanChars))));
}

/**
 * Brings a reader from wherever it stopped to the feed's ring: by the ring alone where it reaches back far enough, or can be
 * made to, else by a replay of the log, else by a reset.
 *
 * @returns the ordinal to go on with; undefined when the visitor wanted no more
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
      // The log has lost the epoch that the feed still has: the new position has to be of the next one.
      await feed.refresh();
    } else if (resumption.kind === 'reset') {
      position = feed.position;
      onReset();
      await visitor.reset(resumption.reason, position);
      if (!(await visitor.wantsMore())) return undefined;
    } else if (resumption.from.epoch !== feed.position.epoch) {
      // The client learned of a new epoch on another task before this one did.
      await feed.refresh();
    } else if (position.seq > feed.position.seq) {
      // The client was further on another task. What it has is in the log, so the feed gets there too.
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
 * Makes the ring reach back to the position, if it can. All who need the same page wait for one read; each also has its own
 * turn to read it, so that nobody waits for another one's.
 */
async function reachBack(
  feed: Feed,
  position: ChannelPosition,
  { principal }: CatchUpVisitor,
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

/** @returns the position reached; undefined when the visitor wanted no more */
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
      // Nothing of the page is held while the client is waited for, but what the visitor answers for.
      if (!(await visitor.wantsMore())) return undefined;
      if (feed.locate(reached) !== undefined) return reached;
      if (page.isCut) progress = reader.beginReplay(channel, reached, undefined, checkedAtMs);
      limit = page.isCut ? Math.max(1, page.taken) : nextLimit(limit, page.meanChars);
    }
    if (reached.epoch !== floor.epoch || reached.seq >= floor.seq) return reached;
    // In a log that has been wiped since nothing is found either, and that is no gap. The outer loop tells the client.
    const resumption = await inTurn(options.lookups, visitor, signal, () => reader.checkResume(channel, reached));
    if (resumption.kind === 'reset') return reached;
    // What the feed began behind was settled then, so what is still not there is a gap that nobody has tombstoned yet.
    const rest = { from: reached.seq + 1, to: Math.min(floor.seq, (behindGap?.seq ?? Number.MAX_SAFE_INTEGER) - 1) };
    const entries = await reader.tombstone(channel, floor.epoch, rest, behindGap?.atMs ?? clock.nowMs());
    signal.throwIfAborted();
    reached = (await serve({ entries, settled: rest.to, more: false }, reached, visitor)).reached;
    return (await visitor.wantsMore()) ? reached : undefined;
  } catch (error) {
    // The client took so long that what comes next has expired meanwhile: the next check says so.
    if (error instanceof ReplayExpiredError) return reached;
    throw error;
  }
}

interface ServedPage {
  readonly reached: ChannelPosition;
  readonly taken: number;
  /** Characters of data in an event, on average. */
  readonly meanChars: number;
  /** The visitor has not taken all of it. */
  readonly isCut: boolean;
  /** The first entry past an open gap: what lies there is the feed's to deliver, which waits for the gap, or tombstones it. */
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

/** Reads the log when the visitor's turn comes. */
async function inTurn<Result>(
  permits: Permits,
  { principal }: CatchUpVisitor,
  signal: AbortSignal,
  read: () => Promise<Result>,
): Promise<Result> {
  const release = await permits.for(principal).acquire(signal);
  const result = await read().finally(release);
  signal.throwIfAborted();
  return result;
}
