import { ANONYMOUS } from '../../../backbone/domain/principal.ts';
import type { Shares } from '../budget/shares.ts';
import type { Admission } from './admission.ts';
import type { CatchUpOptions } from './catch-up.ts';
import { PollInbox } from './ephemeral/poll-inbox.ts';
import { FeedClosedError } from './feed.ts';
import { once } from './once.ts';
import { NoMemoryError, PageMemory } from './page-memory.ts';
import { poll } from './poll.ts';
import type { Presence } from './presence/presence.ts';
import type { PollOutcome, SubscribeRequest } from './requests.ts';

export interface PollsOptions extends CatchUpOptions {
  readonly admission: Admission;
  readonly presence: Presence;
  /** Memory of pages that belong to one client alone. */
  readonly memory: Shares;
  /** Aborts when the task drains: waiting polls are answered then. */
  readonly draining: AbortSignal;
}

/**
 * Ends a poll's waiting. Shared: capturing a stack for each would cost as much as a poll that is answered
 * from memory.
 */
const OVER = new Error('the time is over');

/** Answers the polls of one task. */
export class Polls {
  readonly #options: PollsOptions;

  constructor(options: PollsOptions) {
    this.#options = options;
  }

  /** See `Hub.poll`. */
  async answer(request: SubscribeRequest, patienceMs: number, signal: AbortSignal): Promise<PollOutcome> {
    const { channels, principal = ANONYMOUS, expiresAtMs = Number.POSITIVE_INFINITY, presence: asked } = request;
    const { admission, clock, draining } = this.#options;
    const waitMs = Math.max(0, Math.min(patienceMs, expiresAtMs - clock.nowMs()));
    const followed = admission.admit(channels, principal);
    if (typeof followed === 'string') return { kind: followed };
    const presence = asked && this.#options.presence.openPoll(asked, channels, principal);
    if (asked !== undefined && presence === undefined) {
      admission.release(followed);
      admission.leave(principal);
      return { kind: 'tooManyChannels' };
    }
    const inbox = new PollInbox(followed.ephemeral);
    const over = new AbortController();
    const memory = new PageMemory(this.#options.memory, principal, clock);
    const revoked = presence === undefined ? memory.revoked : AbortSignal.any([memory.revoked, presence.reader.revoked]);
    const release = once(() => {
      admission.leave(principal);
      memory.release();
      presence?.reader.release();
    });
    try {
      if (waitMs === 0) over.abort(OVER);
      else this.#abortAfter(waitMs, over);
      const until = AbortSignal.any([over.signal, draining]);
      const left = AbortSignal.any([signal, revoked]);
      const page = await poll({ ...followed, inbox, presence: presence?.reader }, request, principal, memory, until, left, this.#options);
      return { kind: 'page', page, revoked, release };
    } catch (error) {
      release();
      if (error instanceof NoMemoryError) return { kind: 'busy' };
      if (error instanceof FeedClosedError) return { kind: 'tooManyChannels' };
      throw error;
    } finally {
      over.abort(OVER);
      inbox.close();
      // The client of a task that stops goes on elsewhere.
      presence?.close(!draining.aborted);
      admission.release(followed);
    }
  }

  #abortAfter(ms: number, controller: AbortController): void {
    const abort = () => controller.abort(OVER);
    this.#options.clock.sleep(ms, controller.signal).then(abort, abort);
  }
}
