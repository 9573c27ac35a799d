import { MAX_VALUES_PER_LINE } from '../../../backbone/telemetry/embedded-metrics.ts';

/**
 * A uniform sample of latencies, as many as one line of metrics takes (reservoir sampling, Vitter's algorithm
 * R). Each event costs the same work however many there are, memory is bounded, and unlike an average, a
 * sample has percentiles. See docs/decisions/0020-metrics-of-a-lane-not-of-its-parts.md.
 */
export class LatencySample {
  readonly #values: number[] = [];
  readonly #random: () => number;
  #seen = 0;

  /** @param random @default Math.random */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  get values(): readonly number[] {
    return this.#values;
  }

  add(ms: number): void {
    this.#seen++;
    const at = this.#values.length < MAX_VALUES_PER_LINE ? this.#values.length : Math.floor(this.#random() * this.#seen);
    if (at < MAX_VALUES_PER_LINE) this.#values[at] = ms;
  }
}
