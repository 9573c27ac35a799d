import { ANONYMOUS } from '../../../backbone/domain/principal.ts';
import type { Clock } from '../../../backbone/ports.ts';

interface Bucket {
  /** Publications that may come at once. */
  left: number;
  atMs: number;
}

/** Principals that are remembered before those who have been quiet for long enough are forgotten. */
const MAX_BUCKETS = 10_000;

/** How often each principal but the anonymous one may publish through this task: a token bucket that holds one second's worth. */
export class PublishRate {
  readonly perSecond: number;
  readonly #clock: Clock;
  readonly #buckets = new Map<string, Bucket>();
  #refused = 0;

  constructor(perSecond: number, clock: Clock) {
    this.perSecond = perSecond;
    this.#clock = clock;
  }

  /** Takes one; false where the principal has published too often. */
  take(principal: string): boolean {
    if (principal === ANONYMOUS) return true;
    const nowMs = this.#clock.nowMs();
    const bucket = this.#buckets.get(principal) ?? this.#open(principal, nowMs);
    const earned = ((nowMs - bucket.atMs) * this.perSecond) / 1_000;
    bucket.left = Math.min(this.perSecond, bucket.left + earned);
    bucket.atMs = nowMs;
    if (bucket.left < 1) {
      this.#refused++;
      return false;
    }
    bucket.left -= 1;
    return true;
  }

  /** How many were refused since it was asked last. */
  takeRefused(): number {
    const refused = this.#refused;
    this.#refused = 0;
    return refused;
  }

  #open(principal: string, nowMs: number): Bucket {
    // Whoever has been quiet for a second has a full bucket, as a newcomer has.
    if (this.#buckets.size >= MAX_BUCKETS) {
      for (const [other, { atMs }] of this.#buckets) if (nowMs - atMs >= 1_000) this.#buckets.delete(other);
    }
    const bucket = { left: this.perSecond, atMs: nowMs };
    this.#buckets.set(principal, bucket);
    return bucket;
  }
}
