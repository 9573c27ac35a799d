import type { LatestEvent } from '../../backbone/domain/latest-event.ts';
import type { SnapshotEnd } from '../../packages/protocol/index.ts';
import type { LatestFrame } from './domain/latest-frames.ts';
import type { FrameSender } from './frame-sender.ts';
import type { PostOutcome } from './ports.ts';

export type SnapshotOutcome =
  /** Everything was posted: `snapshot` is to follow. */
  | { readonly kind: 'complete' }
  /** Posts or time are used up; it continues behind this key. */
  | { readonly kind: 'paused'; readonly afterKey: string }
  /** The client takes no more for now, and must ask again. */
  | { readonly kind: 'incomplete' }
  /** The connection is gone, or refuses posts. */
  | { readonly kind: 'stopped'; readonly outcome: PostOutcome };

/**
 * What is left of a snapshot, in the order of its keys. Removals are in it as long as the table has them, so that a client takes no
 * older event of such a key for a new one.
 * @param afterKey the keys up to this one were sent; empty if none were sent, because no key is empty
 */
export function remainingOf(events: readonly LatestEvent[], afterKey: string): readonly LatestEvent[] {
  return events.filter(({ key }) => key > afterKey).sort((left, right) => (left.key < right.key ? -1 : 1));
}

/** Posts frames of a snapshot. The keys up to `afterKey` were sent before. */
export async function postSnapshot(
  frames: Iterable<LatestFrame>,
  afterKey: string,
  maxPosts: number,
  sender: FrameSender,
): Promise<SnapshotOutcome> {
  let reached = afterKey;
  let posts = 0;
  for (const { text, lastKey } of frames) {
    if (posts >= maxPosts || sender.clock.nowMs() >= sender.deadlineMs) return { kind: 'paused', afterKey: reached };
    posts++;
    const outcome = await sender.sendText(text);
    if (outcome.kind === 'throttled' || outcome.kind === 'unavailable') return { kind: 'incomplete' };
    if (outcome.kind !== 'sent') return { kind: 'stopped', outcome };
    reached = lastKey;
  }
  return { kind: 'complete' };
}

/**
 * Tells the client how a snapshot has ended.
 * @param held what the channel holds
 * @returns the outcome of the last post
 */
export async function concludeSnapshot(
  end: Exclude<SnapshotOutcome, { readonly kind: 'paused' }>,
  held: Pick<SnapshotEnd, 'keys' | 'state'>,
  { channel, requestId }: { readonly channel: string; readonly requestId?: string },
  sender: FrameSender,
): Promise<PostOutcome> {
  if (end.kind === 'stopped') return end.outcome;
  const repeated = requestId !== undefined && { requestId };
  if (end.kind === 'complete') return sender.send({ kind: 'snapshot', channel, ...held, ...repeated });
  const message = `the snapshot of channel ${channel} is not complete: subscribe again`;
  return sender.send({ kind: 'error', code: 'replay_incomplete', message, ...repeated });
}
