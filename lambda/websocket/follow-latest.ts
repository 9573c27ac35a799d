import { METRICS } from '../../backbone/contract.ts';
import type { LatestStore } from '../../backbone/ports.ts';
import type { Telemetry } from '../telemetry.ts';
import { type LatestFrame, latestFrames } from './domain/latest-frames.ts';
import { stateOf } from './domain/latest-state.ts';
import type { ReplayKey } from './domain/replay-job.ts';
import type { FrameSender } from './frame-sender.ts';
import { leaveToQueue, type QueueDependencies } from './leave-to-queue.ts';
import type { PostOutcome, PostQuota } from './ports.ts';
import { concludeSnapshot, postSnapshot, remainingOf } from './snapshot.ts';

/** The most frames of a snapshot that the frame function posts: 320 KB. It leaves longer ones to the queue. */
export const INLINE_FRAMES = 10;

export interface FollowLatestRequest extends ReplayKey {
  /** What the client holds; undefined if it holds nothing. */
  readonly state: string | undefined;
  readonly requestId?: string;
}

export interface LatestDependencies extends QueueDependencies {
  readonly latest: Pick<LatestStore, 'read'>;
  readonly answers: PostQuota;
  readonly newId: () => string;
}

/**
 * Answers a client that has subscribed to a `latest` channel: `subscribed`, a snapshot unless the client holds it already, and
 * `snapshot`. The table is read when the subscription's row is there, strongly consistent: what is not in the snapshot was published
 * later, and the fan-out finds the row.
 * @returns the outcome of the last post
 * @throws ReplaysLimitedError if the principal already has the most replays that it may have at once
 */
export async function followLatest(
  { state, requestId, ...key }: FollowLatestRequest,
  sender: FrameSender,
  deps: LatestDependencies,
  telemetry: Pick<Telemetry, 'metrics'>,
): Promise<PostOutcome> {
  const { channel, principal } = key;
  const repeated = requestId === undefined ? {} : { requestId };
  const answered = await sender.send({ kind: 'subscribed', channel, channelKind: 'latest', ...repeated });
  if (answered.kind !== 'sent') return answered;

  const events = await deps.latest.read(channel, 'strong');
  const now = stateOf(events);
  if (now.state === state) return sender.send({ kind: 'snapshot', channel, ...now, unchanged: true, ...repeated });
  if (state !== undefined) telemetry.metrics({ [METRICS.replays]: 1 });

  const frames: LatestFrame[] = [];
  for (const frame of latestFrames(channel, remainingOf(events, ''), repeated)) if (frames.push(frame) > INLINE_FRAMES) break;
  let afterKey = '';
  // One more, for `snapshot`.
  if (frames.length <= INLINE_FRAMES && (await deps.answers.take(principal, frames.length + 1)).kind === 'allowed') {
    const outcome = await postSnapshot(frames, afterKey, INLINE_FRAMES, sender);
    if (outcome.kind !== 'paused') return concludeSnapshot(outcome, now, { channel, ...repeated }, sender);
    ({ afterKey } = outcome);
  }
  await leaveToQueue(key, { id: deps.newId(), afterKey, ...repeated }, deps, telemetry);
  return { kind: 'sent' };
}
