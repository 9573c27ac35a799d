import { LatencySample } from './latency-sample.ts';

/** What has happened since the counts were last taken. */
export interface HubCounts {
  /** Streams that were opened. */
  readonly connects: number;
  readonly deliveries: number;
  /**
   * Milliseconds from an event's publication until every reader of this task was offered it, for a sample of
   * the events.
   */
  readonly latenciesMs: readonly number[];
  /** Streams and polls that were served from the log. */
  readonly replays: number;
  readonly resets: number;
  /** Notifications of events that were already in the ring. */
  readonly repeatsDropped: number;
  readonly slowStreamsClosed: number;
  /** Events of ephemeral channels times the readers that did not get them. */
  readonly ephemeralDropped: number;
  readonly gapsTombstoned: number;
  /** Streams and polls that the task had no room for. */
  readonly refusedFull: number;
  /** Streams and polls refused because their principal had reached its limit. */
  readonly refusedOverLimit: number;
}

type Count = Exclude<keyof HubCounts, 'latenciesMs'>;

/** Counts what a hub does, at the cost of one addition per count. */
export class HubCounter {
  #counts = noCounts();
  #latencies = new LatencySample();

  add(name: Count, by = 1): void {
    this.#counts[name] += by;
  }

  addLatency(ms: number): void {
    this.#latencies.add(ms);
  }

  /** Returns the counts and resets them to zero. */
  take(): HubCounts {
    const counts = { ...this.#counts, latenciesMs: this.#latencies.values };
    this.#counts = noCounts();
    this.#latencies = new LatencySample();
    return counts;
  }
}

function noCounts(): Record<Count, number> {
  return {
    connects: 0,
    deliveries: 0,
    replays: 0,
    resets: 0,
    repeatsDropped: 0,
    slowStreamsClosed: 0,
    ephemeralDropped: 0,
    gapsTombstoned: 0,
    refusedFull: 0,
    refusedOverLimit: 0,
  };
}
