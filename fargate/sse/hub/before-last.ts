import { positionBeforeLast } from '../../../backbone/services/history.ts';
import type { LogReader } from '../../../backbone/services/log-reader.ts';
import type { ChannelPosition } from '../../../packages/protocol/cursor.ts';
import { type CatchUpOptions, type CatchUpVisitor, inTurn, reachBack } from './catch-up.ts';
import type { Feed } from './feed.ts';

type Visitor = Pick<CatchUpVisitor, 'principal'>;

/** Five pages hold the most events that a client may ask for. Whoever needs more, because of tombstones, reads the log. */
const MAX_PAGES = 6;

/** Where readers of these channels start that want the last events of each. */
export function placesBeforeLast(
  feeds: readonly Feed[],
  last: number,
  visitor: Visitor,
  signal: AbortSignal,
  options: CatchUpOptions,
): Promise<readonly (readonly [string, ChannelPosition])[]> {
  return Promise.all(feeds.map(async (feed) => [feed.channel, await beforeLast(feed, last, visitor, signal, options)] as const));
}

/**
 * The ring tells if it reaches back far enough or can be extended to, so that all readers of a channel who start like
 * this share what is read. Otherwise the log does.
 */
async function beforeLast(
  feed: Feed,
  last: number,
  visitor: Visitor,
  signal: AbortSignal,
  options: CatchUpOptions,
): Promise<ChannelPosition> {
  const { reader, reads } = options;
  for (let pages = 0; ; pages++) {
    const found = inRing(feed, last, reader);
    const { epoch, seq } = feed.ring.floor;
    const below = { epoch, seq: seq - 1 };
    if (found !== undefined) return found;
    if (pages === MAX_PAGES || !feed.history.mayReachBackTo(below)) break;
    await reachBack(feed, below, visitor, signal, options);
  }
  return positionBeforeLast(feed.channel, feed.position, last, {
    readBack: (...where) => inTurn(reads, visitor, signal, () => reader.readBack(...where)),
    isFarFromExpiry: (entry) => reader.isFarFromExpiry(entry),
  });
}

/** Undefined if the ring does not reach back far enough. */
function inRing({ ring, history, position }: Feed, last: number, reader: LogReader): ChannelPosition | undefined {
  let start = position;
  let found = 0;
  for (let ordinal = ring.end - 1; ordinal >= ring.start; ordinal--) {
    const { content } = ring.at(ordinal);
    // Before a reset lies another epoch.
    if (content.kind === 'reset') return undefined;
    const { epoch, seq, publishedAtMs } = content.event;
    if (!reader.isFarFromExpiry({ atMs: publishedAtMs })) return start;
    start = { epoch, seq: seq - 1 };
    if (++found === last) return start;
  }
  return history.isComplete ? start : undefined;
}
