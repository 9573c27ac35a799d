import type { LoadClient, Measurement } from '../measure/workload.ts';
import type { Peer } from '../peers/peer.ts';
import { type Scenario, toLoad } from './scenarios.ts';

export interface CompareOptions {
  readonly scenarios: readonly Scenario[];
  /** All of them are there. */
  readonly peers: readonly Peer[];
  readonly client: LoadClient;
  readonly rounds: number;
  /** What a run with events should take. */
  readonly secondsPerRun: number;
  readonly signal: AbortSignal;
  readonly progress: (text: string) => void;
}

/** Of one server in one round of a scenario. */
export interface Sample {
  readonly scenario: Scenario;
  readonly peer: Peer;
  readonly round: number;
  /** `failed`: it did not run, or not every message came as it should; `skipped`: the server was saturated at a lower rate. */
  readonly outcome:
    | { readonly kind: 'measured'; readonly measurement: Measurement }
    | { readonly kind: 'failed'; readonly reason: string }
    | { readonly kind: 'skipped'; readonly saturatedAt: number };
}

export const DATA_BYTES = 160;

/** Two windows of the deepest: less says little. */
const FIRST_EVENTS = 64;

/** What a load client keeps track of at once. */
const MAX_EVENTS = 100_000;

/** A server that takes so much longer than planned for the events of an open loop cannot keep up. */
export const SATURATED_STRETCH = 1.1;

/** Runs the scenarios one after the other, and in each the servers in turn, so that what else the machine does hits all alike. */
export async function compare(options: CompareOptions): Promise<readonly Sample[]> {
  const { scenarios, peers, rounds, signal, progress } = options;
  const samples: Sample[] = [];
  const pace = new Pace(options.secondsPerRun);
  const total = rounds * scenarios.length * peers.length;
  for (let round = 1; round <= rounds; round++) {
    pace.beginRound();
    for (const scenario of scenarios) {
      for (const peer of peers) {
        if (signal.aborted) return samples;
        progress(`${samples.length + 1}/${total} round ${round}/${rounds}: ${scenario.title}: ${peer.name}`);
        const outcome = await sample(scenario, peer, pace, options);
        if (!signal.aborted) samples.push({ scenario, peer, round, outcome });
      }
    }
  }
  return samples;
}

async function sample(scenario: Scenario, peer: Peer, pace: Pace, options: CompareOptions): Promise<Sample['outcome']> {
  const saturatedAt = pace.saturatedBelow(scenario, peer);
  if (saturatedAt !== undefined) return { kind: 'skipped', saturatedAt };
  try {
    for (;;) {
      const events = pace.events(scenario, peer);
      const measurement = await run(scenario, peer, events, options);
      if (!measurement.intact) return { kind: 'failed', reason: measurement.problem ?? '' };
      if (pace.isLongEnough(scenario, peer, measurement)) return { kind: 'measured', measurement };
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { kind: 'failed', reason: error.message };
  }
}

/** On a server of its own: what one run leaves behind does not touch the next. */
async function run(scenario: Scenario, peer: Peer, events: number, { client, signal }: CompareOptions): Promise<Measurement> {
  const server = await peer.start();
  try {
    const workload = { streams: scenario.streams, dataBytes: DATA_BYTES, load: toLoad(scenario.traffic, events) };
    return await client.measure(peer, server, workload, signal);
  } finally {
    await server.stop();
  }
}

/** How many events a run has: found out once for each scenario and server, since servers differ in speed by fifty times. */
class Pace {
  readonly #seconds: number;
  readonly #events = new Map<string, number>();
  /** The lowest rate of this round that was too much for a server, by server and streams. */
  readonly #saturated = new Map<string, number>();

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** What was saturated in the round before may only have been disturbed. */
  beginRound(): void {
    this.#saturated.clear();
  }

  saturatedBelow({ traffic, streams }: Scenario, peer: Peer): number | undefined {
    const rate = this.#saturated.get(`${peer.id} ${streams}`);
    return traffic.kind === 'rate' && rate !== undefined && rate < traffic.perSecond ? rate : undefined;
  }

  events(scenario: Scenario, peer: Peer): number {
    if (scenario.traffic.kind === 'rate') return Math.ceil(scenario.traffic.perSecond * this.#seconds);
    return this.#events.get(`${peer.id} ${scenario.id}`) ?? FIRST_EVENTS;
  }

  /** Notes what the run tells about the server; false asks for another with more events. */
  isLongEnough(scenario: Scenario, peer: Peer, { delivering }: Measurement): boolean {
    if (delivering === undefined) return true;
    const { seconds, events } = delivering;
    const { traffic, streams } = scenario;
    if (traffic.kind === 'rate') {
      if (isSaturated(traffic.perSecond, delivering)) this.#saturated.set(`${peer.id} ${streams}`, traffic.perSecond);
      return true;
    }
    if (seconds >= this.#seconds / 2 || events === MAX_EVENTS) return true;
    const wanted = Math.round((events * this.#seconds) / Math.max(seconds, 1e-3));
    this.#events.set(`${peer.id} ${scenario.id}`, Math.min(MAX_EVENTS, Math.max(events + 1, wanted)));
    return false;
  }
}

/** Whether a server fell behind in an open loop. */
export function isSaturated(perSecond: number, { events, seconds }: { readonly events: number; readonly seconds: number }): boolean {
  return seconds > (events / perSecond) * SATURATED_STRETCH;
}
