import type { Feed } from './feed.ts';
import type { Feeds } from './feeds.ts';
import type { HubCounter } from './hub-counts.ts';
import { PrincipalQuota } from './principal-quota.ts';
import type { Refusal } from './requests.ts';

export interface AdmissionOptions {
  readonly feeds: Feeds;
  readonly counter: HubCounter;
  /** Streams and unanswered polls together. */
  readonly maxStreams: number;
  /** The same, for each principal but the anonymous one. @default no limit */
  readonly maxStreamsPerPrincipal?: number;
}

/** Counts streams and polls against the task and their principals, and refuses those that are too many. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #quota: PrincipalQuota;
  #admitted = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#quota = new PrincipalQuota(options.maxStreamsPerPrincipal ?? Number.POSITIVE_INFINITY);
  }

  /** Those that are here now. */
  get admitted(): number {
    return this.#admitted;
  }

  /** The feeds of a newcomer, who is counted until {@link leave}; or why it may not come. */
  admit(channels: readonly string[], principal: string): readonly Feed[] | Refusal | 'tooManyChannels' {
    const { feeds, counter, maxStreams } = this.#options;
    if (this.#admitted >= maxStreams) {
      counter.add('refusedFull');
      return 'full';
    }
    if (!this.#quota.take(principal)) {
      counter.add('refusedOverLimit');
      return 'overLimit';
    }
    const acquired = feeds.acquire(channels, principal);
    if (acquired === undefined) {
      this.#quota.give(principal);
      counter.add('refusedOverLimit');
      return 'tooManyChannels';
    }
    this.#admitted++;
    return acquired;
  }

  leave(principal: string): void {
    this.#admitted--;
    this.#quota.give(principal);
  }
}
