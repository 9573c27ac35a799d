import type { Clock } from '../../backbone/ports.ts';
import { backoffMs, HALF_JITTER, jittered } from '../../packages/protocol/backoff.ts';
import type { PostOutcome } from './ports.ts';

export interface PostBudget {
  /** Posts of one frame to one connection, the first included. */
  readonly tries: number;
  /** No wait ends after this. */
  readonly deadlineMs: number;
}

export interface Pacing {
  readonly clock: Clock;
  /** From 0 up to 1, like `Math.random`. */
  readonly random: () => number;
}

const BACKOFF = { firstMs: 200, mostMs: 2_000 };

/**
 * Posts, and tries again after a jittered, doubling wait while the answer is one that passes (429, 5xx, no answer) and
 * the budget lasts.
 * @param post one try; outcomes of its own are handed through
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
