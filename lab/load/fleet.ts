import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { type ChannelPosition, parsePosition } from '../../packages/protocol/cursor.ts';
import type { Lane } from './lane.ts';
import { OrderCheck } from './order-check.ts';
import { decodePayload, monotonicUs } from './payload.ts';

/** What happened to the streams of one process so far. */
export interface FleetCounts {
  readonly open: number;
  /** Never opened. */
  readonly failed: number;
  /** Opened, and ended before we closed them. */
  readonly ended: number;
  /** Events of this run, each once for a stream. */
  readonly received: number;
  readonly late: number;
  readonly repeated: number;
  /** Of what came over the wire, where the lane's client library still had to put it in order. */
  readonly arrivedLate: number;
  readonly arrivedRepeated: number;
  readonly resets: number;
}

export interface FleetResult extends FleetCounts {
  /** Events that were acknowledged and did not reach a stream that is open, for all streams together. */
  readonly lost: number;
  /** Latencies in microseconds: an HdrHistogram, as its library encodes it. */
  readonly histogram: string;
  /** How often streams failed or ended, by the reason. */
  readonly reasons: Readonly<Record<string, number>>;
}

/** How fine the histogram is: three digits, up to an hour. */
const HIGHEST_US = 3_600_000_000;

export function createLatencyHistogram(): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: HIGHEST_US, numberOfSignificantValueDigits: 3 });
}

/** Streams that are opened at a bounded rate and checked. */
export class Fleet {
  readonly #transport: Lane;
  readonly #run: string;
  readonly #checks = new Set<OrderCheck>();
  readonly #histogram = createLatencyHistogram();
  readonly #reasons = new Map<string, number>();
  #counts: { -readonly [Name in keyof FleetCounts]: number } = {
    open: 0,
    failed: 0,
    ended: 0,
    received: 0,
    late: 0,
    repeated: 0,
    arrivedLate: 0,
    arrivedRepeated: 0,
    resets: 0,
  };

  /** @param run only events that carry it count */
  constructor(lane: Lane, run: string) {
    this.#transport = lane;
    this.#run = run;
  }

  get counts(): FleetCounts {
    return { ...this.#counts };
  }

  /** Of all latencies so far. */
  percentileMs(percentile: number): number {
    return this.#histogram.getValueAtPercentile(percentile) / 1_000;
  }

  open(): void {
    let check: OrderCheck | undefined;
    let arrivals: OrderCheck | undefined;
    this.#transport.open({
      onOpen: (id) => {
        if (check !== undefined) return;
        check = new OrderCheck(parsePosition(id));
        arrivals = new OrderCheck(parsePosition(id));
        this.#checks.add(check);
        this.#counts.open++;
      },
      onEvent: ({ id, data }) => {
        if (check !== undefined) this.#receive(check, parsePosition(id), data);
      },
      onArrival: (id) => {
        const arrival = arrivals?.receive(parsePosition(id));
        if (arrival === 'late') this.#counts.arrivedLate++;
        if (arrival === 'repeated') this.#counts.arrivedRepeated++;
      },
      onReset: () => {
        this.#counts.resets++;
      },
      onEnd: (reason) => {
        this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
        if (check === undefined) {
          this.#counts.failed++;
          return;
        }
        this.#checks.delete(check);
        this.#counts.open--;
        this.#counts.ended++;
      },
    });
  }

  /** @param acknowledged where the events of this run are */
  result(acknowledged: readonly ChannelPosition[]): FleetResult {
    let lost = 0;
    for (const check of this.#checks) for (const position of acknowledged) if (check.lacks(position)) lost++;
    return {
      ...this.#counts,
      lost,
      histogram: encodeIntoCompressedBase64(this.#histogram),
      reasons: Object.fromEntries(this.#reasons),
    };
  }

  close(): void {
    this.#transport.close();
  }

  #receive(check: OrderCheck, position: ChannelPosition, data: string): void {
    const arrival = check.receive(position);
    if (arrival === 'repeated') {
      this.#counts.repeated++;
      return;
    }
    if (arrival === 'late') this.#counts.late++;
    const payload = decodePayload(data, this.#run);
    if (payload === undefined) return;
    this.#counts.received++;
    this.#histogram.recordValue(Math.max(0, monotonicUs() - payload.atUs));
  }
}
