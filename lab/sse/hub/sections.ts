import { figureOrNone, ratioText } from '../../shared/report/format.ts';
import type { Plot, Section, Series, Table } from '../../shared/report/section.ts';
import type { Peer } from '../peers/peer.ts';
import { hubGoals } from './goals.ts';
import { growthPlot, growthTable } from './growth.ts';
import type { Metric, Results } from './results.ts';
import { GOAL_STREAMS, type Scenario } from './scenarios.ts';
import type { SpreadResult } from './spread.ts';

/** What is to be reported beside the figures. */
export interface HubConditions {
  readonly peers: readonly Peer[];
  readonly scenarios: readonly Scenario[];
  readonly maxStreams: number;
  /** Why servers were left out. */
  readonly left: readonly string[];
  readonly clientName: string;
  readonly pair: SpreadResult | undefined;
  /** One event to more and more streams; empty where it was not measured. */
  readonly growth: readonly SpreadResult[];
}

const OURS = 'ours';

/** Above this share of a core the client may be what limits. */
const BUSY_CLIENT = 0.9;

export function hubSection(results: Results, conditions: HubConditions): Section {
  const { peers, scenarios, maxStreams, left, clientName, pair, growth } = conditions;
  return {
    title: 'The SSE hub beside its peers',
    prose: [
      `One server process each, loopback, HTTP/1.1, one connection a stream; each server in turn in every scenario, medians over the rounds. A ratio is a server's value divided by ours in the same round, so ours is 1 x.`,
      `Load client: ${clientName}. ${clientProse(results)}`,
      ...left.map((reason) => `Left out: ${reason}`),
      ...failures(results, scenarios, peers),
      ...(pair === undefined ? [] : [pairProse(pair)]),
      ...growth.flatMap(({ streams, failures: failed }) => failed.map((reason) => `One event to ${streams} streams: ${reason}`)),
    ],
    goals: hubGoals(results, maxStreams, pair),
    tables: [
      ...scenarios.map((scenario) => (scenario.traffic.kind === 'idle' ? idleTable : trafficTable)(results, scenario, peers)),
      ...(growth.length === 0 ? [] : [growthTable(growth)]),
    ],
    plots: [...ratePlots(results, scenarios, peers), ...(growth.length === 0 ? [] : [growthPlot(growth)])],
  };
}

function idleTable(results: Results, { id, title }: Scenario, peers: readonly Peer[]): Table {
  return {
    caption: title,
    columns: ['server', 'user B/stream', 'ratio', 'with the kernel’s, both ends', 'accepts/s', 'ratio', 'CPU µs/accept', 'ratio'],
    rows: peers.map((peer) => {
      const user = results.median(id, peer.id, 'userBytesPerStream');
      const kernel = results.median(id, peer.id, 'kernelBytesPerStream');
      return [
        peer.name,
        ...withRatio(results, id, peer, 'userBytesPerStream'),
        figureOrNone(user === undefined || kernel === undefined ? undefined : user + kernel),
        ...withRatio(results, id, peer, 'acceptsPerSecond'),
        ...withRatio(results, id, peer, 'cpuUsPerAccept'),
      ];
    }),
  };
}

function trafficTable(results: Results, { id, title }: Scenario, peers: readonly Peer[]): Table {
  return {
    caption: title,
    columns: [
      'server',
      'messages/s',
      'ratio',
      'p50 ms',
      'p99 ms',
      'ratio',
      'p99.9 ms',
      'ratio',
      'CPU µs/message',
      'ratio',
      'cores',
      'client',
    ],
    rows: peers.map((peer) => {
      if (results.isSpared(id, peer.id)) return [peer.name, 'saturated'];
      const median = (metric: Metric) => figureOrNone(results.median(id, peer.id, metric));
      const client = results.median(id, peer.id, 'clientShare');
      return [
        peer.name,
        ...withRatio(results, id, peer, 'messagesPerSecond'),
        median('p50Ms'),
        ...withRatio(results, id, peer, 'p99Ms'),
        ...withRatio(results, id, peer, 'p999Ms'),
        ...withRatio(results, id, peer, 'cpuUsPerMessage'),
        median('serverCores'),
        client === undefined ? '–' : `${Math.round(client * 100)} %`,
      ];
    }),
  };
}

function withRatio(results: Results, scenarioId: string, peer: Peer, metric: Metric): readonly string[] {
  return [figureOrNone(results.median(scenarioId, peer.id, metric)), ratioText(results.ratio(metric, scenarioId, peer.id, OURS))];
}

function clientProse(results: Results): string {
  const busy = results.samples.filter(
    ({ outcome }) => outcome.kind === 'measured' && (outcome.measurement.delivering?.clientShare ?? 0) > BUSY_CLIENT,
  );
  const threshold = `${BUSY_CLIENT * 100} % of a core`;
  if (busy.length === 0) return `It never used more than ${threshold}; the last column of a table tells how much.`;
  const where = [...new Set(busy.map(({ scenario, peer }) => `${scenario.id} of ${peer.name}`))].join(', ');
  return `It used more than ${threshold}, and so may have been what limited, in: ${where}.`;
}

function failures(results: Results, scenarios: readonly Scenario[], peers: readonly Peer[]): readonly string[] {
  return scenarios.flatMap((scenario) =>
    peers.flatMap((peer) => {
      const reasons = results.failures(scenario.id, peer.id);
      return reasons.length === 0 ? [] : [`${peer.name}, ${scenario.title}: ${reasons.join('; ')}`];
    }),
  );
}

function pairProse({ streams, measurements, failures: failed }: SpreadResult): string {
  const parts = measurements.map(({ connecting, problem }) =>
    problem === undefined
      ? `${Math.round(connecting.userBytesPerStream)} B of user memory a stream, ${Math.round(connecting.acceptsPerSecond)} accepts/s`
      : `failed: ${problem}`,
  );
  return `${streams.toLocaleString('en')} idle streams over two processes of ours at once: ${[...parts, ...failed].join('; and ')}.`;
}

function ratePlots(results: Results, scenarios: readonly Scenario[], peers: readonly Peer[]): readonly Plot[] {
  const rates = scenarios.flatMap(({ id, traffic, streams }) =>
    traffic.kind === 'rate' && streams === GOAL_STREAMS ? [{ id, perSecond: traffic.perSecond }] : [],
  );
  const series = (metric: Metric): readonly Series[] =>
    peers.flatMap((peer) => {
      const points = rates.flatMap(({ id, perSecond }) => {
        const y = results.median(id, peer.id, metric);
        return y === undefined ? [] : [{ x: perSecond, y }];
      });
      return points.length === 0 ? [] : [{ name: peer.name, points }];
    });
  if (series('p99Ms').length === 0) return [];
  const common = { xLabel: 'events/s published', xScale: 'log', yScale: 'log' } as const;
  const at = `${GOAL_STREAMS.toLocaleString('en')} streams, open loop`;
  return [
    { ...common, title: `${at}: latency; a line ends where its server is saturated`, yLabel: 'p99, ms', series: series('p99Ms') },
    { ...common, title: `${at}: delivered`, yLabel: 'messages/s', series: series('messagesPerSecond') },
    { ...common, title: `${at}: cost`, yLabel: 'CPU µs per message', series: series('cpuUsPerMessage') },
  ];
}
