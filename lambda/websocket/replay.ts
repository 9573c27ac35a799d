import { encodeEventFrame } from '../../backbone/domain/event.ts';
import { type LogReader, ReplayExpiredError, type ReplayPage } from '../../backbone/services/log-reader.ts';
import { EventPacker } from './domain/event-batch.ts';
import type { FrameSender } from './frame-sender.ts';
import type { PostOutcome } from './ports.ts';

/** How far a replay has come. */
export interface ReplayProgress {
  /** Everything that exists up to here has been posted, and what lay behind an open gap too. */
  readonly sentTo: number;
  /** Up to here nothing is missing. Below `sentTo` where a gap was open. */
  readonly settled: number;
}

export interface ReplayRequest extends ReplayProgress {
  readonly channel: string;
  readonly epoch: string;
  /** Whether the client takes several events per frame. */
  readonly batch: boolean;
  /** It pauses after so many posts. */
  readonly maxPosts: number;
}

export type ReplayOutcome =
  /** All that there is has been posted. */
  | ({ readonly kind: 'caughtUp' } & ReplayProgress)
  /** Posts or time are used up: it goes on from here. */
  | ({ readonly kind: 'paused' } & ReplayProgress)
  /** The client takes no more for now, or what comes next has expired: the client has to ask again. */
  | ({ readonly kind: 'incomplete' } & ReplayProgress)
  /** The connection is gone, or refuses posts. */
  | { readonly kind: 'stopped'; readonly outcome: PostOutcome };

/** One frame, or none where there are only tombstones, and how far the client is with it. */
interface Step extends ReplayProgress {
  readonly frame: string | undefined;
}

/**
 * Posts what a client has missed, in order: one event per frame, or as many as cost one message. The position has just been found
 * resumable.
 */
export async function replay(request: ReplayRequest, sender: FrameSender, reader: Pick<LogReader, 'replay'>): Promise<ReplayOutcome> {
  const { channel, epoch, maxPosts } = request;
  let { sentTo, settled }: ReplayProgress = request;
  let posts = 0;
  try {
    const pages = reader.replay(channel, { epoch, seq: sentTo });
    for await (const step of stepsOf(pages, request)) {
      if (step.frame !== undefined) {
        if (posts >= maxPosts || sender.clock.nowMs() >= sender.deadlineMs) return { kind: 'paused', sentTo, settled };
        posts++;
        const outcome = await sender.sendText(step.frame);
        if (outcome.kind === 'throttled' || outcome.kind === 'unavailable') return { kind: 'incomplete', sentTo, settled };
        if (outcome.kind !== 'sent') return { kind: 'stopped', outcome };
      }
      ({ sentTo, settled } = step);
    }
  } catch (error) {
    if (error instanceof ReplayExpiredError) return { kind: 'incomplete', sentTo, settled };
    throw error;
  }
  return { kind: 'caughtUp', sentTo, settled };
}

async function* stepsOf(pages: AsyncIterable<ReplayPage>, { channel, batch, ...from }: ReplayRequest): AsyncGenerator<Step> {
  const packer = new EventPacker(channel);
  // A gap that was open before what is read now may have been filled behind the reader: only the client can tell.
  const gapOpen = from.settled < from.sentTo;
  let progress: ReplayProgress = from;
  for await (const page of pages) {
    for (const entry of page.entries) {
      const before = progress;
      // Not past an open gap: a client that resumed behind it would never get what fills it.
      const settled = !gapOpen && entry.seq <= page.settled ? entry.seq : progress.settled;
      progress = { sentTo: entry.seq, settled };
      if (entry.kind === 'tombstone') {
        if (!batch) yield { frame: undefined, ...progress };
      } else if (batch) {
        const frame = packer.add(entry.event);
        if (frame !== undefined) yield { frame, ...before };
      } else {
        yield { frame: encodeEventFrame(entry.event), ...progress };
      }
    }
  }
  yield { frame: packer.flush(), ...progress };
}
