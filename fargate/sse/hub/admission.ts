import type { KindOf } from '../../../backbone/domain/channel-kind.ts';
import type { ChannelKind } from '../../../packages/protocol/index.ts';
import type { EphemeralFeeds } from './ephemeral/ephemeral-feeds.ts';
import type { Feeds } from './feeds.ts';
import type { Followed } from './followed.ts';
import type { HubCounter } from './hub-counts.ts';
import type { LatestFeeds } from './latest/latest-feeds.ts';
import { PrincipalQuota } from './principal-quota.ts';
import type { Refusal } from './requests.ts';

export interface AdmissionOptions {
  readonly kindOf: KindOf;
  readonly feeds: Feeds;
  readonly latest: LatestFeeds;
  readonly ephemeral: EphemeralFeeds;
  readonly counter: HubCounter;
  /** Streams and unanswered polls together. */
  readonly maxStreams: number;
  /** The same per principal; the anonymous principal has no limit. @default no limit */
  readonly maxStreamsPerPrincipal?: number;
}

/** The feeds of a stream or poll. */
export type Acquired = Omit<Followed, 'channels'>;

function areAll(acquired: { readonly [K in keyof Acquired]: Acquired[K] | undefined }): acquired is Acquired {
  return acquired.feeds !== undefined && acquired.latest !== undefined && acquired.ephemeral !== undefined;
}

/** Counts streams and polls against the task and their principals, and refuses those above the limits. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #quota: PrincipalQuota;
  #admitted = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#quota = new PrincipalQuota(options.maxStreamsPerPrincipal ?? Number.POSITIVE_INFINITY);
  }

  /** Streams and polls that are open now. */
  get admitted(): number {
    return this.#admitted;
  }

  /** The feeds of a new stream or poll, which is counted until {@link leave}; or the reason for refusing it. */
  admit(channels: readonly string[], principal: string): Followed | Refusal | 'tooManyChannels' {
    const { counter, maxStreams } = this.#options;
    if (this.#admitted >= maxStreams) {
      counter.add('refusedFull');
      return 'full';
    }
    if (!this.#quota.take(principal)) {
      counter.add('refusedOverLimit');
      return 'overLimit';
    }
    const acquired = this.#acquire(channels, principal);
    if (acquired === undefined) {
      this.#quota.give(principal);
      counter.add('refusedOverLimit');
      return 'tooManyChannels';
    }
    this.#admitted++;
    return acquired;
  }

  #acquire(channels: readonly string[], principal: string): Followed | undefined {
    const { kindOf, feeds, latest, ephemeral } = this.#options;
    const of = (kind: ChannelKind) => channels.filter((channel) => kindOf(channel) === kind);
    const acquired = {
      feeds: feeds.acquire(of('durable'), principal),
      latest: latest.acquire(of('latest'), principal),
      ephemeral: ephemeral.acquire(of('ephemeral'), principal),
    };
    if (areAll(acquired)) return { channels, ...acquired };
    this.release({ feeds: acquired.feeds ?? [], latest: acquired.latest ?? [], ephemeral: acquired.ephemeral ?? [] });
    return undefined;
  }

  /** Call it when a stream or poll has ended. */
  release({ feeds, latest, ephemeral }: Acquired): void {
    for (const feed of feeds) this.#options.feeds.release(feed);
    for (const feed of latest) this.#options.latest.release(feed);
    for (const feed of ephemeral) this.#options.ephemeral.release(feed);
  }

  leave(principal: string): void {
    this.#admitted--;
    this.#quota.give(principal);
  }
}
