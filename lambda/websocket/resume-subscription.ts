import { METRICS } from '../../backbone/contract.ts';
import type { LogReader } from '../../backbone/services/log-reader.ts';
import type { ChannelPosition } from '../../packages/protocol/cursor.ts';
import type { Telemetry } from '../telemetry.ts';
import { concludeReplay } from './conclude-replay.ts';
import type { ReplayKey } from './domain/replay-job.ts';
import type { FrameSender } from './frame-sender.ts';
import { ReplaysLimitedError } from './limits.ts';
import type { PostOutcome, PostQuota, ReplayQueue, ReplayStore } from './ports.ts';
import { replay } from './replay.ts';

/** Posts that the function which answers frames makes of a replay, before it leaves the rest to the queue. */
const INLINE_POSTS = 10;

/** A client that takes batches gets one with the answer: it holds more small events than others get in {@link INLINE_POSTS}. */
const INLINE_BATCHES = 1;

/** Further behind than this a client does not get along with one batch, and what is read for it would be read again. */
const INLINE_BATCHED_EVENTS = 100;

export interface ResumeRequest extends ReplayKey {
  /** Where the client stopped, or undefined when its cursor does not name the channel. */
  readonly after: ChannelPosition | undefined;
  /** Where the subscription starts, for a client that cannot be resumed. */
  readonly baseline: ChannelPosition;
  readonly batch: boolean;
  readonly requestId?: string;
}

export interface ResumeDependencies {
  readonly reader: Pick<LogReader, 'checkResume' | 'replay'>;
  readonly replays: ReplayStore;
  readonly replayQueue: ReplayQueue;
  readonly answers: PostQuota;
  readonly newId: () => string;
}

/**
 * Brings a client that has just subscribed up to date. When its position cannot be resumed, `reset` comes first, and then what
 * there is after the baseline. A few events are sent at once, so that a client which was away for a moment waits for nothing;
 * anything longer is left to the queue, whose turns send the rest and then `caughtUp`.
 * @returns the outcome of the last post
 * @throws ReplaysLimitedError the principal has as many replays waiting as it may have
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
  await leaveToQueue(request, { epoch, ...progress }, deps, telemetry);
  return { kind: 'sent' };
}

/** @param behind events that the client has missed at least, or tombstones */
async function mayReplayInline(behind: number, { batch, principal }: ResumeRequest, answers: PostQuota): Promise<boolean> {
  if (behind > (batch ? INLINE_BATCHED_EVENTS : INLINE_POSTS)) return false;
  const frames = batch ? INLINE_BATCHES : Math.max(0, behind);
  // And `caughtUp`.
  return (await answers.take(principal, frames + 1)).kind === 'allowed';
}

async function leaveToQueue(
  { principal, connectionId, channel, batch, requestId }: ResumeRequest,
  from: { readonly epoch: string; readonly sentTo: number; readonly settled: number },
  { replays, replayQueue, newId }: ResumeDependencies,
  telemetry: Pick<Telemetry, 'metrics'>,
): Promise<void> {
  const key = { principal, connectionId, channel };
  const id = newId();
  const begun = await replays.begin(key, { id, batch, ...from, ...(requestId !== undefined && { requestId }) });
  if (begun === 'full') {
    telemetry.metrics({ [METRICS.limitedReplays]: 1 });
    throw new ReplaysLimitedError(replays.maxPerPrincipal);
  }
  if (begun === 'replaced') return;
  try {
    await replayQueue.enqueue(key);
  } catch (error) {
    // Else the client's next try would count on a message that there is none of.
    await replays.end(key, id);
    throw error;
  }
}
