import { readFile } from 'node:fs/promises';
import type { PartOptions, Section } from '../../shared/report/section.ts';
import { createLoadClient } from '../measure/load-client.ts';
import type { LoadClient } from '../measure/workload.ts';
import { ours, PEERS } from '../peers/catalog.ts';
import type { Peer } from '../peers/peer.ts';
import { compare, type Sample } from './compare.ts';
import { measureGrowth } from './growth.ts';
import { Results } from './results.ts';
import { GOAL_STREAMS, maxStreams, type Scenario, scenarios } from './scenarios.ts';
import { hubSection } from './sections.ts';
import { measureSpread, type SpreadResult } from './spread.ts';

/** Ids of scenarios, or their first parts, and ids of servers; all of a kind where it is empty. */
export interface HubSelection {
  readonly scenarioNames: readonly string[];
  readonly peerIds: readonly string[];
}

export interface HubBenchOptions extends PartOptions, HubSelection {}

export interface HubBenchResult {
  readonly section: Section;
  readonly samples: readonly Sample[];
}

/** Streams over two processes: the goal of the issue, or what two hold where a file limit is lower. */
const PAIR_STREAMS = 30_000;

/** Names that `--only` takes besides the scenarios: they are of ours alone. */
const PAIR = 'pair';
const GROWTH = 'growth';

const SECONDS_PER_RUN = { quick: 1, full: 4 };

/** Measures the SSE hub beside its peers. */
export async function benchHub(options: HubBenchOptions): Promise<HubBenchResult> {
  const { quick, scenarioNames, peerIds, signal, progress } = options;
  progress('building the load client …');
  const client = await createLoadClient();
  const limit = maxStreams(await readFile('/proc/self/limits', 'utf8'));
  const { peers, left } = await present(PEERS.filter(({ id }) => peerIds.length === 0 || id === ours.id || peerIds.includes(id)));
  const chosen = scenarios({ quick, maxStreams: limit }).filter((scenario) => isChosen(scenario, scenarioNames));
  const samples = await compare({
    ...options,
    scenarios: chosen,
    peers,
    client,
    secondsPerRun: quick ? SECONDS_PER_RUN.quick : SECONDS_PER_RUN.full,
  });
  const isWanted = (name: string) => !quick && !signal.aborted && (scenarioNames.length === 0 || scenarioNames.includes(name));
  const pair = isWanted(PAIR) ? await pairOf(limit, client, options) : undefined;
  const growth = isWanted(GROWTH) ? await measureGrowth(limit, client, signal, progress) : [];
  const conditions = { peers, scenarios: chosen, maxStreams: limit, left, clientName: client.name, pair, growth };
  return { section: hubSection(new Results(samples), conditions), samples };
}

/** What `--only` takes for this bench. */
export function hubNames(): HubSelection {
  const all = scenarios({ quick: false, maxStreams: GOAL_STREAMS });
  return {
    scenarioNames: [...new Set(all.flatMap(({ id }) => [nameOf(id), id])), PAIR, GROWTH],
    peerIds: PEERS.map(({ id }) => id),
  };
}

function isChosen({ id }: Scenario, names: readonly string[]): boolean {
  return names.length === 0 || names.includes(id) || names.includes(nameOf(id));
}

/** `rate8-10000` is one of `rate`. */
function nameOf(scenarioId: string): string {
  return scenarioId.replace(/\d*-.*$/, '');
}

async function present(candidates: readonly Peer[]): Promise<{ readonly peers: readonly Peer[]; readonly left: readonly string[] }> {
  const reasons = await Promise.all(candidates.map((peer) => peer.missing()));
  return {
    peers: candidates.filter((_peer, index) => reasons[index] === undefined),
    left: candidates.flatMap(({ name }, index) => (reasons[index] === undefined ? [] : [`${name}: ${reasons[index]}`])),
  };
}

async function pairOf(limit: number, client: LoadClient, { signal, progress }: PartOptions): Promise<SpreadResult> {
  const streams = Math.min(PAIR_STREAMS, limit * 2);
  progress(`${streams} streams over two processes`);
  return measureSpread({ streams, processes: 2, load: { kind: 'idle' } }, client, signal);
}
