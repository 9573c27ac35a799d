import { formatPosition } from '../../packages/protocol/cursor.ts';
import type { FrameSender } from './frame-sender.ts';
import type { PostOutcome } from './ports.ts';
import type { ReplayOutcome } from './replay.ts';

/** A replay that does not go on by itself. */
export type ReplayEnd = Exclude<ReplayOutcome, { readonly kind: 'paused' }>;

export interface ConcludeRequest {
  readonly channel: string;
  readonly epoch: string;
  readonly requestId?: string;
}

/**
 * Tells the client how its replay has ended: `caughtUp`, or the error `replay_incomplete`, whose `id` is the cursor to subscribe
 * again with. Without it a client could not get past a tombstone.
 * @returns the outcome of the last post
 */
export async function concludeReplay(
  end: ReplayEnd,
  { channel, epoch, requestId }: ConcludeRequest,
  sender: FrameSender,
): Promise<PostOutcome> {
  if (end.kind === 'stopped') return end.outcome;
  const id = formatPosition({ epoch, seq: end.settled });
  const repeated = requestId === undefined ? {} : { requestId };
  if (end.kind === 'caughtUp') return sender.send({ kind: 'caughtUp', channel, id, ...repeated });
  const message = `replay of channel ${channel} is not complete: subscribe again after ${id}`;
  return sender.send({ kind: 'error', code: 'replay_incomplete', message, id, ...repeated });
}
