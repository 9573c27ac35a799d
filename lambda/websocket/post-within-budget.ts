import type { Clock } from '../../backbone/ports.ts';
import { backoffMs, HALF_JITTER, jittered } from '../../packages/protocol/backoff.ts';
import type { PostOutcome } from './ports.ts';

export interface PostBudget {
  /** The most posts of one frame to one connection, including the first. */
  readonly tries: number;
  /** No wait ends after this. */
  readonly deadlineMs: number;
}

export interface Pacing {
  readonly clock: Clock;
  /** A number from 0 (inclusive) to 1 (exclusive), like `Math.random`. */
  readonly random: () => number;
}

const BACKOFF = { firstMs: 200, mostMs: 2_000 };

/**
 * Posts, and tries again after a jittered, doubling wait while the outcome is temporary (429, 5xx, no
 * response) and the budget lasts.
 * @param post one attempt; outcomes of other kinds are returned as they are
 * @returns the last outcome
 */
export async function postWithinBudget<T extends { readonly kind: string } = PostOutcome>(
  post: () => Promise<T>,
  budget: PostBudget,
  { clock, random }: Pacing,
): Promise<T> {
  for (let tried = 1; ; tried++) {
    const outcome = await post();
    if ((outcome.kind !== 'throttled' && outcome.kind !== 'unavailable') || tried >= budget.tries) return outcome;
    const waitMs = jittered(backoffMs(BACKOFF, tried - 1), HALF_JITTER, random);
    if (clock.nowMs() + waitMs >= budget.deadlineMs) return outcome;
    await clock.sleep(waitMs);
  }
}
