import type { Load } from '../measure/workload.ts';

/** A load whose number of events is found out, so that each run takes about as long. */
export type Traffic =
  | { readonly kind: 'idle' }
  | { readonly kind: 'window'; readonly inFlight: number; readonly burst: number }
  | { readonly kind: 'rate'; readonly perSecond: number };

/** One measurement that every server gets in turn. */
export interface Scenario {
  /** For example `lone-10000`; `--only` takes the part before the number, too. */
  readonly id: string;
  readonly title: string;
  readonly streams: number;
  readonly traffic: Traffic;
}

export interface ScenarioOptions {
  readonly quick: boolean;
  /** As many as one process can hold. */
  readonly maxStreams: number;
}

/** The size at which the goals are set. */
export const GOAL_STREAMS = 10_000;
const FEW_STREAMS = 1_000;
const QUICK_STREAMS = 2_000;

export const LONE: Traffic = { kind: 'window', inFlight: 4, burst: 1 };
export const BURSTS: Traffic = { kind: 'window', inFlight: 16, burst: 16 };
export const SATURATION: Traffic = { kind: 'window', inFlight: 32, burst: 1 };

/** Events per second. At 10,000 streams 8 is below what every peer saturates at, and 100 is a million messages per second. */
const RATES = { few: [50, 200, 500, 1_000], goal: [8, 20, 50, 100, 200], max: [4] };

/** Files that a server needs besides its streams'. */
const FILES_IN_RESERVE = 200;

/** As many idle streams as one process can hold. */
export const MAX_IDLE_ID = 'idle-max';

/** In the order in which they run; rates ascend, so that a server that is saturated is spared the higher ones. */
export function scenarios({ quick, maxStreams }: ScenarioOptions): readonly Scenario[] {
  if (quick) {
    const streams = Math.min(QUICK_STREAMS, maxStreams);
    return [idle(streams), window('lone', LONE, streams), window('saturation', SATURATION, streams)];
  }
  const few = Math.min(FEW_STREAMS, maxStreams);
  const goal = Math.min(GOAL_STREAMS, maxStreams);
  return [
    idle(goal),
    ...[few, goal].flatMap((streams) => [
      window('lone', LONE, streams),
      window('bursts', BURSTS, streams),
      window('saturation', SATURATION, streams),
      ...(streams === few ? RATES.few : RATES.goal).map((perSecond) => rate(perSecond, streams)),
    ]),
    { ...idle(maxStreams), id: MAX_IDLE_ID },
    ...RATES.max.map((perSecond) => ({ ...rate(perSecond, maxStreams), id: `rate${perSecond}-max` })),
  ];
}

/** How many streams one process can hold, from the text of `/proc/self/limits`. */
export function maxStreams(limits: string): number {
  const files = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.NaN);
  if (!Number.isFinite(files)) throw new Error('/proc/self/limits does not tell how many files a process may open');
  return files - FILES_IN_RESERVE;
}

export function idleId(streams: number): string {
  return `idle-${streams}`;
}

export function rateId(perSecond: number, streams: number): string {
  return `rate${perSecond}-${streams}`;
}

/** What a scenario asks of a client with so many events. */
export function toLoad(traffic: Traffic, events: number): Load {
  return traffic.kind === 'idle' ? traffic : { ...traffic, events };
}

function idle(streams: number): Scenario {
  return { id: idleId(streams), title: `${streams.toLocaleString('en')} idle streams`, streams, traffic: { kind: 'idle' } };
}

const WINDOW_TITLES = {
  lone: 'lone events, at most 4 in flight',
  bursts: 'bursts of 16 events, each when all have the last',
  saturation: 'saturation, 32 events in flight',
};

function window(name: keyof typeof WINDOW_TITLES, traffic: Traffic, streams: number): Scenario {
  return { id: `${name}-${streams}`, title: `${streams.toLocaleString('en')} streams: ${WINDOW_TITLES[name]}`, streams, traffic };
}

function rate(perSecond: number, streams: number): Scenario {
  const title = `${streams.toLocaleString('en')} streams: open loop, ${perSecond} events/s`;
  return { id: rateId(perSecond, streams), title, streams, traffic: { kind: 'rate', perSecond } };
}
