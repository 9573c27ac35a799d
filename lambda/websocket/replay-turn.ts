import { METRICS } from '../../backbone/contract.ts';
import type { Clock } from '../../backbone/ports.ts';
import type { LogReader } from '../../backbone/services/log-reader.ts';
import type { Telemetry } from '../telemetry.ts';
import { concludeReplay } from './conclude-replay.ts';
import type { ReplayKey } from './domain/replay-job.ts';
import { type FrameSender, openFrameSender } from './frame-sender.ts';
import { pacedPoster } from './paced-poster.ts';
import type { ConnectionPoster, ConnectionStore, PendingReplay, PostOutcome, PostQuota, ReplayQueue, ReplayStore } from './ports.ts';
import { type ReplayOutcome, replay } from './replay.ts';

/**
 * The most posts of one turn. Then others get their turn: a client with much to catch up on delays them by no
 * more than this.
 */
export const TURN_POSTS = 100;

export interface ReplayTurnDependencies {
  readonly store: Pick<ConnectionStore, 'find' | 'close'>;
  readonly replays: ReplayStore;
  readonly queue: ReplayQueue;
  readonly quota: PostQuota;
  readonly poster: ConnectionPoster;
  readonly reader: Pick<LogReader, 'checkResume' | 'replay'>;
  readonly clock: Clock;
  readonly random: () => number;
  /** The most posts per second. */
  readonly postsPerSecond: number;
  /** @default TURN_POSTS */
  readonly turnPosts?: number;
}

/**
 * Runs one turn of a replay. If something is left, the replay queues for another turn behind those of others;
 * at the end, the client is told that it is caught up. A replay whose connection was closed or expired, or
 * that was cancelled, ends silently.
 * @param deadlineMs no post begins after this
 */
export async function runReplayTurn(key: ReplayKey, deadlineMs: number, deps: ReplayTurnDependencies, telemetry: Telemetry): Promise<void> {
  const { store, replays, queue, quota, clock, turnPosts = TURN_POSTS } = deps;
  const pending = await replays.renew(key);
  if (pending === undefined) return;
  const connection = await store.find(key.connectionId);
  if (connection === undefined || connection.expiresAtMs <= clock.nowMs()) {
    await replays.cancel(key);
    return;
  }
  const allowance = await quota.take(key.principal, turnPosts);
  if (allowance.kind !== 'allowed') {
    telemetry.metrics({ [METRICS.limitedReplays]: 1 });
    await queue.enqueue(key, Math.ceil(allowance.retryAfterMs / 1_000));
    return;
  }
  const poster = pacedPoster(deps.poster, deps.postsPerSecond, clock);
  const sender = openFrameSender({ connectionId: key.connectionId, deadlineMs, poster, clock, random: deps.random });
  const outcome = await play(key, pending, sender, deps, telemetry);
  if (outcome.kind === 'paused') {
    await replays.advance(key, { ...pending, sentTo: outcome.sentTo, settled: outcome.settled });
    await queue.enqueue(key);
    return;
  }
  await conclude(outcome, { key, pending, sender }, deps, telemetry);
}

type Failed = { readonly kind: 'failed' };

async function play(
  { channel, connectionId }: ReplayKey,
  pending: PendingReplay,
  sender: FrameSender,
  { reader, turnPosts = TURN_POSTS }: ReplayTurnDependencies,
  telemetry: Telemetry,
): Promise<ReplayOutcome | Failed> {
  try {
    // It may have waited for long. A client that can no longer be resumed asks again, and then gets a reset.
    // So does one that has waited since before the channel's first epoch.
    const resumption = await reader.checkResume(channel, { epoch: pending.epoch, seq: pending.sentTo });
    if (resumption.kind === 'reset' || resumption.from.epoch !== pending.epoch)
      return { kind: 'incomplete', sentTo: pending.sentTo, settled: pending.settled };
    return await replay({ ...pending, channel, maxPosts: turnPosts }, sender, reader);
  } catch (error) {
    // Not left to the queue, which would try again only after some minutes: the client asks sooner.
    telemetry.error('replay failed', { connectionId, channel, error });
    telemetry.metrics({ [METRICS.unexpectedErrors]: 1 });
    return { kind: 'failed' };
  }
}

interface Turn {
  readonly key: ReplayKey;
  readonly pending: PendingReplay;
  readonly sender: FrameSender;
}

async function conclude(
  outcome: Exclude<ReplayOutcome, { readonly kind: 'paused' }> | Failed,
  { key, pending, sender }: Turn,
  { replays, queue, store }: ReplayTurnDependencies,
  telemetry: Telemetry,
): Promise<void> {
  const { connectionId, channel } = key;
  // Before telling the client, because it may ask for more at once.
  if (!(await replays.end(key, pending.id))) await queue.enqueue(key);
  const { requestId } = pending;
  const last: PostOutcome =
    outcome.kind === 'failed'
      ? await sender.send({
          kind: 'error',
          code: 'internal',
          message: 'the server failed to replay: try again',
          ...(requestId !== undefined && { requestId }),
        })
      : await concludeReplay(outcome, { ...pending, channel }, sender);
  if (last.kind === 'gone') {
    await replays.cancel(key);
    await store.close(connectionId);
  } else if (last.kind !== 'sent') telemetry.warn('replay not concluded', { connectionId, channel, outcome: last });
}
