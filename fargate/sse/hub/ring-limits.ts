import type { Clock } from '../../../backbone/ports.ts';
import type { RingMemory } from '../budget/ring-memory.ts';
import type { Feed } from './feed.ts';
import type { Feeds } from './feeds.ts';
import type { PassScheduler } from './pass-scheduler.ts';

/** Encoded bytes of one channel, if a client may not leave more unsent. With the events themselves a ring takes about twice as much. */
const MAX_RING_BYTES = 4 * 1024 * 1024;
const MEMORY_PER_ENCODED = 2;

/** Offered and not yet through all readers, of one channel: more of it waits. */
const MAX_UNOFFERED_BYTES = 512 * 1024;

/** When memory for rings is low, how often all of them are looked at. */
const RELIEF_INTERVAL_MS = 1_000;

export interface RingLimitsOptions {
  readonly memory: RingMemory;
  readonly clock: Clock;
  readonly maxUnsentBytes: number;
  readonly feeds: Feeds;
  readonly passes: PassScheduler;
}

/** Keeps the rings within the memory that there is for them. */
export class RingLimits {
  readonly #options: RingLimitsOptions;
  readonly #maxRingBytes: number;
  #relievedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: RingLimitsOptions) {
    this.#options = options;
    this.#maxRingBytes = Math.max(MAX_RING_BYTES, options.maxUnsentBytes) * MEMORY_PER_ENCODED;
  }

  /** What one ring may have now. */
  get bytes(): number {
    return Math.min(this.#maxRingBytes, this.#options.memory.limit);
  }

  /** Resolves when the feed's readers have been offered what its ring holds, if that is more than it should hold. */
  pace(feed: Feed): Promise<void> | undefined {
    const { memory, passes } = this.#options;
    const { memoryBytes } = feed.ring;
    const isTooMuch = memoryBytes > Math.max(MAX_UNOFFERED_BYTES, this.bytes * 1.5) || memory.isSpent;
    return isTooMuch ? passes.settled(feed) : undefined;
  }

  /** Where rings leave little memory, those that nobody reads go first, and then all are cut to the same. */
  relieve(): void {
    const { memory, clock, feeds, passes } = this.#options;
    const nowMs = clock.nowMs();
    if (!memory.isLow || nowMs - this.#relievedAtMs < RELIEF_INTERVAL_MS) return;
    this.#relievedAtMs = nowMs;
    feeds.evictIdle(() => memory.isLow);
    const limit = Math.min(this.#maxRingBytes, memory.fairLimit(feeds.count));
    for (const feed of memory.isLow ? feeds.open() : []) {
      if (feed.ring.memoryBytes <= limit) continue;
      feed.ring.trim(limit, passes.offered(feed));
      // Streams that are behind it now are closed.
      passes.schedule(feed);
    }
  }
}
