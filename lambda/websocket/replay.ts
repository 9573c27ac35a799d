import { encodeEventFrame } from '../../backbone/domain/event.ts';
import { type LogReader, ReplayExpiredError, type ReplayPage } from '../../backbone/services/log-reader.ts';
import { EventPacker } from './domain/event-batch.ts';
import type { FrameSender } from './frame-sender.ts';
import type { PostOutcome } from './ports.ts';

/** How far a replay has come. */
export interface ReplayProgress {
  /** Everything that exists up to here was posted, including what lay after an open gap. */
  readonly sentTo: number;
  /** Nothing is missing up to here. Lower than `sentTo` if there was an open gap. */
  readonly settled: number;
}

export interface ReplayRequest extends ReplayProgress {
  readonly channel: string;
  readonly epoch: string;
  /** Whether the client accepts several events per frame. */
  readonly batch: boolean;
  /** The replay pauses after this many posts. */
  readonly maxPosts: number;
}

export type ReplayOutcome =
  /** Everything that exists was posted. */
  | ({ readonly kind: 'caughtUp' } & ReplayProgress)
  /** Posts or time are used up; the replay continues from here. */
  | ({ readonly kind: 'paused' } & ReplayProgress)
  /** The client takes no more for now, or the next events have expired: the client must ask again. */
  | ({ readonly kind: 'incomplete' } & ReplayProgress)
  /** The connection is gone, or refuses posts. */
  | { readonly kind: 'stopped'; readonly outcome: PostOutcome };

/** One frame, or none if there were only tombstones, and the client's progress once it has it. */
interface Step extends ReplayProgress {
  readonly frame: string | undefined;
}

/**
 * Posts what a client has missed, in order: one event per frame, or as many as fit into one billed message.
 * The position must just have been found resumable.
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
  // A gap that was open before this turn may have been filled behind the reader: only the client can tell.
  const gapOpen = from.settled < from.sentTo;
  let progress: ReplayProgress = from;
  for await (const page of pages) {
    for (const entry of page.entries) {
      const before = progress;
      // Stops at an open gap: a client that resumed after it would never get the event that fills it.
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
