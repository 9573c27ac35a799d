import type { Histogram } from 'hdr-histogram-js';
import { type ChannelPosition, parsePosition } from '../../../packages/protocol/cursor.ts';
import { createLatencyHistogram } from '../../load/fleet.ts';
import { OrderCheck } from '../../load/order-check.ts';
import { decodePayload, encodePayload, monotonicUs } from '../../load/payload.ts';

/** What an event is published for. Latencies are those of `steady` events; `atCut` shows when who was cut has caught up. */
const PHASES = ['warmUp', 'steady', 'atCut', 'afterCut'] as const;
export type Phase = (typeof PHASES)[number];

/** What a publisher sends. */
export function encodeEvent(phase: Phase, plannedUs: number, bytes: number): string {
  return encodePayload({ run: phase, atUs: plannedUs }, bytes);
}

/** An event that a publisher knows to be published. */
export interface Acknowledged {
  readonly channel: string;
  readonly position: ChannelPosition;
}

type Sum = 'delivered' | 'doubled' | 'outOfOrder' | 'resets';

/** What all subscriptions of all clients have seen. */
export class Audience {
  /** Microseconds. */
  readonly latencies = createLatencyHistogram();
  readonly #subscriptions: Subscription[] = [];

  subscribe(channel: string): Subscription {
    const subscription = new Subscription(channel, this.latencies);
    this.#subscriptions.push(subscription);
    return subscription;
  }

  get isReady(): boolean {
    return this.#subscriptions.every(({ isReady }) => isReady);
  }

  sum(name: Sum): number {
    return this.#subscriptions.reduce((total, subscription) => total + subscription[name], 0);
  }

  /** How much a latency differs from the one before it on the subscription, on average; NaN where none followed another. */
  get jitterMs(): number {
    const { sumUs, count } = this.#subscriptions.reduce(
      (total, { jitter }) => ({ sumUs: total.sumUs + jitter.sumUs, count: total.count + jitter.count }),
      { sumUs: 0, count: 0 },
    );
    return sumUs / count / 1_000;
  }

  /** When the last subscription had its first event of a phase; NaN while one has had none. */
  allHaveSeenAtUs(phase: Phase): number {
    return Math.max(...this.#subscriptions.map(({ firstSeenUs }) => firstSeenUs.get(phase) ?? Number.NaN));
  }

  /** How many deliveries are missing. */
  lost(acknowledged: readonly Acknowledged[]): number {
    return acknowledged.reduce(
      (lost, { channel, position }) =>
        lost + this.#subscriptions.filter((subscription) => subscription.channel === channel && subscription.lacks(position)).length,
      0,
    );
  }
}

/** One client's view of one channel, as its application has it. */
export class Subscription {
  readonly channel: string;
  delivered = 0;
  doubled = 0;
  outOfOrder = 0;
  resets = 0;
  readonly jitter = { sumUs: 0, count: 0 };
  readonly firstSeenUs = new Map<Phase, number>();
  readonly #latencies: Histogram;
  #check: OrderCheck | undefined;
  #lastLatencyUs: number | undefined;

  constructor(channel: string, latencies: Histogram) {
    this.channel = channel;
    this.#latencies = latencies;
  }

  get isReady(): boolean {
    return this.#check !== undefined;
  }

  /** @param start what is published after it belongs to the subscription */
  begin(start: ChannelPosition): void {
    this.#check ??= new OrderCheck(start);
  }

  receive(id: string, data: string): void {
    const nowUs = monotonicUs();
    const position = parsePosition(id);
    // A library may hand over the first event before it says that it is ready.
    this.begin({ ...position, seq: position.seq - 1 });
    const arrival = this.#check?.receive(position);
    if (arrival === 'repeated') {
      this.doubled++;
      return;
    }
    if (arrival === 'late') this.outOfOrder++;
    this.delivered++;

    for (const phase of PHASES) {
      const payload = decodePayload(data, phase);
      if (payload === undefined) continue;
      if (!this.firstSeenUs.has(phase)) this.firstSeenUs.set(phase, nowUs);
      if (phase === 'steady') this.#measure(Math.max(0, nowUs - payload.atUs));
    }
  }

  lacks(position: ChannelPosition): boolean {
    return this.#check?.lacks(position) ?? true;
  }

  #measure(latencyUs: number): void {
    this.#latencies.recordValue(latencyUs);
    if (this.#lastLatencyUs !== undefined) {
      this.jitter.sumUs += Math.abs(latencyUs - this.#lastLatencyUs);
      this.jitter.count++;
    }
    this.#lastLatencyUs = latencyUs;
  }
}
