import { ANONYMOUS } from '../../../backbone/domain/principal.ts';
import type { Clock } from '../../../backbone/ports.ts';

interface Bucket {
  /** Events that may be published at once. */
  left: number;
  atMs: number;
}

/** How many principals are remembered before those that have been quiet for a second are forgotten. */
const MAX_BUCKETS = 10_000;

/**
 * Limits how often each principal may publish through this task, except the anonymous one: a token bucket
 * that holds one second's worth.
 */
export class PublishRate {
  readonly perSecond: number;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();
  #refused = 0;

  constructor(perSecond: number, clock: Clock) {
    this.perSecond = perSecond;
    this.#clock = clock;
  }

  /** The most events that the principal may publish at once. */
  burstOf(principal: string): number {
    return principal === ANONYMOUS ? Number.POSITIVE_INFINITY : this.perSecond;
  }

  /** Counts events; false if the principal has published too often, and none of them is counted then. */
  take(principal: string, events = 1): boolean {
    if (principal === ANONYMOUS) return true;
    const nowMs = this.#clock.nowMs();
    const bucket = this.#buckets.get(principal) ?? this.#open(principal, nowMs);
    const earned = ((nowMs - bucket.atMs) * this.perSecond) / 1_000;
    bucket.left = Math.min(this.perSecond, bucket.left + earned);
    bucket.atMs = nowMs;
    if (bucket.left < events) {
      this.#refused += events;
      return false;
    }
    bucket.left -= events;
    return true;
  }

  /** How many were refused since the last call. */
  takeRefused(): number {
    const refused = this.#refused;
    this.#refused = 0;
    return refused;
  }

  #open(principal: string, nowMs: number): Bucket {
    // A principal that has been quiet for a second has a full bucket, just like a new one.
    if (this.#buckets.size >= MAX_BUCKETS) {
      for (const [other, { atMs }] of this.#buckets) if (nowMs - atMs >= 1_000) this.#buckets.delete(other);
    }
    const bucket = { left: this.perSecond, atMs: nowMs };
    this.#buckets.set(principal, bucket);
    return bucket;
  }
}
