import { LatencySample } from './latency-sample.ts';

/** What has happened since the last look. */
export interface HubCounts {
  /** Streams that were opened. */
  readonly connects: number;
  readonly deliveries: number;
  /** Milliseconds from an event's publication until every reader here was offered it, of a sample of the events. */
  readonly latenciesMs: readonly number[];
  /** Streams and polls that were served from the log. */
  readonly replays: number;
  readonly resets: number;
  /** Notifications of events that were in the ring already. */
  readonly repeatsDropped: number;
  readonly slowStreamsClosed: number;
  readonly gapsTombstoned: number;
  /** Streams and polls that the task had no room for. */
  readonly refusedFull: number;
  /** Streams and polls of principals that had all they may have. */
  readonly refusedOverLimit: number;
}

type Count = Exclude<keyof HubCounts, 'latenciesMs'>;

/** Counts what a hub does, at the cost of an addition. */
export class HubCounter {
  #counts = noCounts();
  #latencies = new LatencySample();

  add(name: Count, by = 1): void {
    this.#counts[name] += by;
  }

  addLatency(ms: number): void {
    this.#latencies.add(ms);
  }

  /** Takes the counts, which start again at zero. */
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
    gapsTombstoned: 0,
    refusedFull: 0,
    refusedOverLimit: 0,
  };
}
