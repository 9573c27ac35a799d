import { METRICS } from '../../backbone/contract.ts';
import type { LogReader } from '../../backbone/services/log-reader.ts';
import type { ChannelPosition } from '../../packages/protocol/cursor.ts';
import type { Telemetry } from '../telemetry.ts';
import { concludeReplay } from './conclude-replay.ts';
import type { ReplayKey } from './domain/replay-job.ts';
import type { FrameSender } from './frame-sender.ts';
import { leaveToQueue, type QueueDependencies } from './leave-to-queue.ts';
import type { PostOutcome, PostQuota } from './ports.ts';
import { replay } from './replay.ts';

/** The most replay posts that the frame function makes before it leaves the rest to the queue. */
const INLINE_POSTS = 10;

/**
 * A client that accepts batches gets one with the answer: a batch holds more small events than other clients
 * get in {@link INLINE_POSTS}.
 */
const INLINE_BATCHES = 1;

/**
 * A client further behind than this would need more than one batch, and what is read for it here would be
 * read again.
 */
const INLINE_BATCHED_EVENTS = 100;

export interface ResumeRequest extends ReplayKey {
  /** Where the client stopped; undefined if its cursor does not name the channel. */
  readonly after: ChannelPosition | undefined;
  /** Where the subscription starts, for a client that cannot be resumed. */
  readonly baseline: ChannelPosition;
  readonly batch: boolean;
  readonly requestId?: string;
}

export interface ResumeDependencies extends QueueDependencies {
  readonly reader: Pick<LogReader, 'checkResume' | 'replay'>;
  readonly answers: PostQuota;
  readonly newId: () => string;
}

/**
 * Brings a client that has just subscribed up to date. If its position cannot be resumed, it first gets
 * `reset`, then the events after the baseline. A few events are sent at once, so that a client that was away
 * for a moment does not wait. Anything longer is left to the queue, whose turns send the rest and then
 * `caughtUp`.
 * @returns the outcome of the last post
 * @throws ReplaysLimitedError if the principal already has the most replays that it may have at once
 */
export async function resumeSubscription(
  request: ResumeRequest,
  sender: FrameSender,
  deps: ResumeDependencies,
  telemetry: Pick<Telemetry, 'metrics'>,
): Promise<PostOutcome> {
  const { channel, after, baseline, batch } = request;
  let from = after ?? baseline;
  if (after !== undefined) {
    const resumption = await deps.reader.checkResume(channel, after);
    telemetry.metrics({ [METRICS.replays]: 1, [METRICS.resets]: resumption.kind === 'reset' ? 1 : 0 });
    if (resumption.kind === 'reset') {
      const outcome = await sender.send({ kind: 'reset', channel, reason: resumption.reason });
      if (outcome.kind !== 'sent') return outcome;
      from = baseline;
    } else {
      from = resumption.from;
    }
  }

  const { epoch } = from;
  let progress = { sentTo: from.seq, settled: from.seq };
  if (await mayReplayInline(baseline.seq - from.seq, request, deps.answers)) {
    const maxPosts = batch ? INLINE_BATCHES : INLINE_POSTS;
    const outcome = await replay({ channel, epoch, batch, maxPosts, ...progress }, sender, deps.reader);
    if (outcome.kind !== 'paused') return concludeReplay(outcome, { ...request, epoch }, sender);
    progress = { sentTo: outcome.sentTo, settled: outcome.settled };
  }
  const { principal, connectionId, requestId } = request;
  const work = { id: deps.newId(), batch, epoch, ...progress, ...(requestId !== undefined && { requestId }) };
  await leaveToQueue({ principal, connectionId, channel }, work, deps, telemetry);
  return { kind: 'sent' };
}

/** @param behind how many seqs the client has missed, at least: events or tombstones */
async function mayReplayInline(behind: number, { batch, principal }: ResumeRequest, answers: PostQuota): Promise<boolean> {
  if (behind > (batch ? INLINE_BATCHED_EVENTS : INLINE_POSTS)) return false;
  const frames = batch ? INLINE_BATCHES : Math.max(0, behind);
  // One more, for `caughtUp`.
  return (await answers.take(principal, frames + 1)).kind === 'allowed';
}
