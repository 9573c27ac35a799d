import { METRICS } from '../../backbone/contract.ts';
import type { Clock, LatestStore } from '../../backbone/ports.ts';
import type { LogReader } from '../../backbone/services/log-reader.ts';
import type { Telemetry } from '../telemetry.ts';
import { concludeReplay } from './conclude-replay.ts';
import { latestFrames } from './domain/latest-frames.ts';
import { stateOf } from './domain/latest-state.ts';
import type { ReplayKey } from './domain/replay-job.ts';
import { type FrameSender, openFrameSender } from './frame-sender.ts';
import { pacedPoster } from './paced-poster.ts';
import type {
  ConnectionPoster,
  ConnectionStore,
  PendingReplay,
  PendingSnapshot,
  PendingWork,
  PostOutcome,
  PostQuota,
  ReplayQueue,
  ReplayStore,
} from './ports.ts';
import { replay } from './replay.ts';
import { concludeSnapshot, postSnapshot, remainingOf } from './snapshot.ts';

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
  readonly latest: Pick<LatestStore, 'read'>;
  readonly clock: Clock;
  readonly random: () => number;
  /** The most posts per second. */
  readonly postsPerSecond: number;
  /** @default TURN_POSTS */
  readonly turnPosts?: number;
}

/**
 * Runs one turn of a replay or snapshot. If something is left, the replay queues for another turn behind those of others;
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
  const turn = { key, sender, deps };
  const going = 'afterKey' in pending ? goOnWithSnapshot(pending, turn) : goOnWithReplay(pending, turn);
  const outcome = await going.catch(failed(pending, turn, telemetry));
  if (outcome.kind === 'paused') {
    await replays.advance(key, outcome.left);
    await queue.enqueue(key);
    return;
  }
  await conclude(outcome, key, pending, deps, telemetry);
}

interface Turn {
  readonly key: ReplayKey;
  readonly sender: FrameSender;
  readonly deps: ReplayTurnDependencies;
}

type TurnOutcome =
  | { readonly kind: 'paused'; readonly left: PendingWork }
  /** `tell` tells the client how it has ended. */
  | { readonly kind: 'over'; readonly tell: () => Promise<PostOutcome> };

async function goOnWithReplay(pending: PendingReplay, { key: { channel }, sender, deps }: Turn): Promise<TurnOutcome> {
  const { reader, turnPosts = TURN_POSTS } = deps;
  const { epoch, sentTo, settled } = pending;
  // It may have waited for long. A client that can no longer be resumed asks again, and then gets a reset.
  // So does one that has waited since before the channel's first epoch.
  const resumption = await reader.checkResume(channel, { epoch, seq: sentTo });
  const outcome =
    resumption.kind === 'reset' || resumption.from.epoch !== epoch
      ? ({ kind: 'incomplete', sentTo, settled } as const)
      : await replay({ ...pending, channel, maxPosts: turnPosts }, sender, reader);
  if (outcome.kind === 'paused') return { kind: 'paused', left: { ...pending, sentTo: outcome.sentTo, settled: outcome.settled } };
  return { kind: 'over', tell: () => concludeReplay(outcome, { ...pending, channel }, sender) };
}

/** What has changed of the keys that were sent before has come live, or is found by the client's next ping. */
async function goOnWithSnapshot(pending: PendingSnapshot, { key: { channel }, sender, deps }: Turn): Promise<TurnOutcome> {
  const { latest, turnPosts = TURN_POSTS } = deps;
  const { afterKey, requestId } = pending;
  const repeated = requestId === undefined ? {} : { requestId };
  const events = await latest.read(channel, 'strong');
  const outcome = await postSnapshot(latestFrames(channel, remainingOf(events, afterKey), repeated), afterKey, turnPosts, sender);
  if (outcome.kind === 'paused') return { kind: 'paused', left: { ...pending, afterKey: outcome.afterKey } };
  return { kind: 'over', tell: () => concludeSnapshot(outcome, stateOf(events), { channel, ...repeated }, sender) };
}

/** Not left to the queue, which would try again only after some minutes: the client asks sooner. */
function failed({ requestId }: PendingWork, { key, sender }: Turn, telemetry: Telemetry): (error: unknown) => TurnOutcome {
  return (error) => {
    const { connectionId, channel } = key;
    telemetry.error('replay failed', { connectionId, channel, error });
    telemetry.metrics({ [METRICS.unexpectedErrors]: 1 });
    const frame = { kind: 'error', code: 'internal', message: 'the server failed to replay: try again' } as const;
    return { kind: 'over', tell: () => sender.send({ ...frame, ...(requestId !== undefined && { requestId }) }) };
  };
}

async function conclude(
  { tell }: TurnOutcome & { readonly kind: 'over' },
  key: ReplayKey,
  { id }: PendingWork,
  { replays, queue, store }: ReplayTurnDependencies,
  telemetry: Telemetry,
): Promise<void> {
  const { connectionId, channel } = key;
  // Before telling the client, because it may ask for more at once.
  if (!(await replays.end(key, id))) await queue.enqueue(key);
  const last = await tell();
  if (last.kind === 'gone') {
    await replays.cancel(key);
    await store.close(connectionId);
  } else if (last.kind !== 'sent') telemetry.warn('replay not concluded', { connectionId, channel, outcome: last });
}
