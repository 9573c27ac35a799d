import type { Position } from '../../backbone/domain/cursor.ts';
import type { LaneEvent } from '../../backbone/domain/event.ts';
import type { LogEntry } from '../../backbone/domain/log-entry.ts';
import type { Clock } from '../../backbone/ports.ts';
import type { ResetReason } from '../../backbone/protocol.ts';
import { type LogReader, ReplayExpiredError } from '../../backbone/services/log-reader.ts';
import type { Feed } from './feed.ts';
import type { PermitSource } from './permits.ts';

export interface CatchUpOptions {
  readonly reader: LogReader;
  readonly clock: Clock;
  /** Replays at once: each holds a page of the log in memory until its client has taken it. */
  readonly permits: PermitSource;
  /** A reader is being served from the log. */
  readonly onReplay: () => void;
  /** A reader is being told that it cannot be resumed. */
  readonly onReset: () => void;
}

/** Takes what a reader has missed. Answers false when it wants no more for now. */
export interface CatchUpVisitor {
  /** Events in order; the last one's position is the reader's new position. Waits until the client has room for more. */
  events(events: readonly LaneEvent[]): Promise<boolean>;
  /** Everything between the reader's position and `position` cannot be had any more. */
  reset(reason: ResetReason, position: Position): Promise<boolean>;
  /** The feed is behind the reader. It comes up once its holes are closed, which takes the grace period at most. */
  feedIsBehind(): Promise<boolean>;
}

/**
 * Brings a reader from wherever it stopped to the feed's ring: by the ring alone where it reaches back far enough, else
 * by a replay of the log, else by a reset.
 *
 * @returns the ordinal to go on with; undefined when the visitor wanted no more
 */
export async function catchUp(
  feed: Feed,
  from: Position,
  visitor: CatchUpVisitor,
  signal: AbortSignal,
  options: CatchUpOptions,
): Promise<number | undefined> {
  for (let position: Position | undefined = from; position !== undefined; ) {
    const ordinal = feed.locate(position);
    if (ordinal !== undefined) return ordinal;
    const checkedAtMs = options.clock.nowMs();
    const resumption = await options.reader.checkResume(feed.channel, position);
    signal.throwIfAborted();
    if (resumption.kind === 'reset' && resumption.reason === 'epoch_changed' && position.epoch === feed.position.epoch) {
      // The log has lost the epoch that the feed still has: the new position has to be of the next one.
      await feed.refresh();
    } else if (resumption.kind === 'reset') {
      position = feed.position;
      options.onReset();
      if (!(await visitor.reset(resumption.reason, position))) return undefined;
    } else if (resumption.from.epoch !== feed.position.epoch) {
      // The client learned of a new epoch on another task before this one did.
      await feed.refresh();
    } else if (position.seq > feed.position.seq) {
      // The client was further on another task. What it has is in the log, so the feed gets there too.
      feed.noteAssigned(position.seq);
      if (!(await visitor.feedIsBehind())) return undefined;
    } else {
      position = await replay(feed, resumption.from, checkedAtMs, visitor, signal, options);
    }
  }
  return undefined;
}

/** @returns the position reached; undefined when the visitor wanted no more */
async function replay(
  feed: Feed,
  from: Position,
  checkedAtMs: number,
  visitor: CatchUpVisitor,
  signal: AbortSignal,
  { reader, clock, permits, onReplay }: CatchUpOptions,
): Promise<Position | undefined> {
  const release = await permits.acquire(signal);
  onReplay();
  const { floor } = feed.ring;
  let position = from;
  let behindHole: LogEntry | undefined;
  try {
    for await (const { entries, settled } of reader.replay(feed.channel, from, undefined, checkedAtMs)) {
      signal.throwIfAborted();
      position = { epoch: from.epoch, seq: settled };
      // What lies past an open hole is the feed's to deliver: it waits for the hole, or buries it.
      const reached = entries.filter(({ seq }) => seq <= settled);
      behindHole ??= entries[reached.length];
      if (!(await visit(reached, visitor))) return undefined;
      if (feed.locate(position) !== undefined) return position;
    }
    if (position.epoch !== floor.epoch || position.seq >= floor.seq) return position;
    // In a log that has been wiped since nothing is found either, and that is no hole. The outer loop tells the client.
    if ((await reader.checkResume(feed.channel, position)).kind === 'reset') return position;
    // What the feed began behind was settled then, so what is still not there is a hole that nobody has buried yet.
    const rest = { from: position.seq + 1, to: Math.min(floor.seq, (behindHole?.seq ?? Number.MAX_SAFE_INTEGER) - 1) };
    const entries = await reader.bury(feed.channel, floor.epoch, rest, behindHole?.atMs ?? clock.nowMs());
    signal.throwIfAborted();
    return (await visit(entries, visitor)) ? { epoch: floor.epoch, seq: rest.to } : undefined;
  } catch (error) {
    // The client took so long that what comes next has expired meanwhile: the next check says so.
    if (error instanceof ReplayExpiredError) return position;
    throw error;
  } finally {
    release();
  }
}

async function visit(entries: readonly LogEntry[], visitor: CatchUpVisitor): Promise<boolean> {
  const events = entries.flatMap((entry) => (entry.kind === 'event' ? [entry.event] : []));
  return events.length === 0 || visitor.events(events);
}
