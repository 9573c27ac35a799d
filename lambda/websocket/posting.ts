import { setMaxListeners } from 'node:events';
import pLimit from 'p-limit';
import type { Clock } from '../../backbone/ports.ts';
import type { ConnectionPoster, PostOutcome } from './ports.ts';
import { postWithinBudget } from './post-within-budget.ts';

/** The outcome of one frame for one connection, within this invocation. */
export type Delivery =
  | { readonly kind: 'sent' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'refused'; readonly reason: string }
  /** The connection did not take the frame within the budget: another invocation must try. */
  | { readonly kind: 'stuck'; readonly reason: string }
  /** The time was over before the first attempt. */
  | { readonly kind: 'untried' };

export interface PostingOptions {
  readonly poster: ConnectionPoster;
  readonly clock: Clock;
  readonly random: () => number;
  /** How often a frame is posted to a connection that does not take it. @default 3 */
  readonly tries?: number;
  /** Posts in flight. */
  readonly concurrency: number;
  /** No post begins after this, and posts in flight are abandoned. */
  readonly deadlineMs: number;
  /** Called with the outcome of every single post. */
  readonly onPost: (outcome: PostOutcome) => void;
}

/** All posts of one invocation. */
export interface Posting {
  /**
   * Posts in the order of the calls: frames of one connection one after another, different connections
   * concurrently.
   */
  post(connectionId: string, frame: string): Promise<Delivery>;
  /** Stops watching the deadline. */
  close(): void;
}

const TRIES = 3;

type Try = PostOutcome | { readonly kind: 'late' };

/**
 * One pool for all posts of an invocation. Waiting between attempts takes no place in it, so a connection
 * that does not take its frames does not delay others. Its own later frames fail at once together with the
 * first, and so stay in order.
 */
export function openPosting({ poster, clock, random, tries = TRIES, concurrency, deadlineMs, onPost }: PostingOptions): Posting {
  const limit = pLimit(concurrency);
  const closed = new AbortController();
  const deadline = new AbortController();
  setMaxListeners(0, deadline.signal);
  clock.sleep(deadlineMs - clock.nowMs(), closed.signal).then(
    () => deadline.abort(),
    () => undefined,
  );

  const tryOnce = async (connectionId: string, frame: string): Promise<Try> => {
    if (clock.nowMs() >= deadlineMs) return { kind: 'late' };
    // An error of the poster counts as unavailable: failing the record would repeat the event to everyone who
    // already has it.
    const outcome = await poster.post(connectionId, frame, deadline.signal).catch(unavailable);
    onPost(outcome);
    return outcome;
  };

  const deliver = async (connectionId: string, frame: string): Promise<Delivery> => {
    let tried = false;
    const attempt = async () => {
      const outcome = await limit(tryOnce, connectionId, frame);
      tried ||= outcome.kind !== 'late';
      return outcome;
    };
    const outcome = await postWithinBudget(attempt, { tries, deadlineMs }, { clock, random });
    switch (outcome.kind) {
      case 'late':
        return tried ? { kind: 'stuck', reason: 'no time for another try' } : { kind: 'untried' };
      case 'throttled':
        return { kind: 'stuck', reason: 'throttled' };
      case 'unavailable':
        return { kind: 'stuck', reason: outcome.reason };
      default:
        return outcome;
    }
  };

  const latest = new Map<string, Promise<Delivery>>();
  return {
    post(connectionId, frame) {
      const before = latest.get(connectionId);
      const delivery =
        before === undefined
          ? deliver(connectionId, frame)
          : before.then((previous) => (previous.kind === 'gone' || previous.kind === 'stuck' ? previous : deliver(connectionId, frame)));
      latest.set(connectionId, delivery);
      return delivery;
    },
    close: () => closed.abort(),
  };
}

function unavailable(error: unknown): PostOutcome {
  return { kind: 'unavailable', reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}
