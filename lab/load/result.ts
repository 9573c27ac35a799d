import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { figure } from '../shared/report/format.ts';
import { formatTable } from '../shared/report/text.ts';
import { createLatencyHistogram, type FleetResult } from './fleet.ts';
import type { LaneKind } from './worker-protocol.ts';

/** What publishing came to. */
export interface Publishing {
  readonly published: number;
  readonly acknowledged: number;
  /** How often publishing failed, by the reason. Such an event may have been delivered or not. */
  readonly failures: Readonly<Record<string, number>>;
  /** From the first to the last publication. */
  readonly seconds: number;
}

export interface LatencyMs {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface LoadResult extends Publishing {
  readonly lane: LaneKind;
  readonly streams: number;
  readonly open: number;
  readonly failed: number;
  readonly ended: number;
  readonly opensPerSecond: number;
  readonly messages: number;
  readonly messagesPerSecond: number;
  /** From the time for which a publication was planned to its event on a stream; undefined when nothing came. */
  readonly latencyMs: LatencyMs | undefined;
  readonly lost: number;
  readonly late: number;
  readonly repeated: number;
  /** WebSocket lane: how events came over the wire, before the client library put them in order and dropped repeats. */
  readonly arrived: { readonly late: number; readonly repeated: number } | undefined;
  readonly resets: number;
  readonly reasons: Readonly<Record<string, number>>;
  /** Share of one core that the busiest process of the driver used: near 1, the driver is what limits. */
  readonly driverShare: number;
}

export interface Observed {
  readonly lane: LaneKind;
  readonly streams: number;
  readonly opensPerSecond: number;
  readonly fleets: readonly FleetResult[];
  readonly publishing: Publishing;
  readonly driverShare: number;
}

/** Puts together what the processes have seen. */
export function toResult({ lane, streams, opensPerSecond, fleets, publishing, driverShare }: Observed): LoadResult {
  const sum = (pick: (fleet: FleetResult) => number) => fleets.reduce((total, fleet) => total + pick(fleet), 0);
  const messages = sum((fleet) => fleet.received);
  return {
    lane,
    streams,
    open: sum((fleet) => fleet.open),
    failed: sum((fleet) => fleet.failed),
    ended: sum((fleet) => fleet.ended),
    opensPerSecond,
    ...publishing,
    messages,
    messagesPerSecond: publishing.seconds > 0 ? messages / publishing.seconds : 0,
    latencyMs: latency(fleets.map(({ histogram }) => histogram)),
    lost: sum((fleet) => fleet.lost),
    late: sum((fleet) => fleet.late),
    repeated: sum((fleet) => fleet.repeated),
    arrived:
      lane === 'websocket' ? { late: sum((fleet) => fleet.arrivedLate), repeated: sum((fleet) => fleet.arrivedRepeated) } : undefined,
    resets: sum((fleet) => fleet.resets),
    reasons: addUp(fleets.map(({ reasons }) => reasons)),
    driverShare,
  };
}

/** Whether everything came to the application as it is promised: on every lane each event once, and in order. */
export function isIntact({ streams, open, lost, late, repeated, resets, published, acknowledged }: LoadResult): boolean {
  return open === streams && lost === 0 && resets === 0 && late === 0 && repeated === 0 && published === acknowledged;
}

export function formatResult(result: LoadResult): string {
  const { arrived, latencyMs, failures, reasons } = result;
  const rows: (readonly [name: string, measured: string, onArrival?: string | undefined])[] = [
    ['streams open at the end', `${result.open} of ${result.streams} (${LANE_TEXTS[result.lane]})`],
    ['opened per second', figure(result.opensPerSecond)],
    ['failed, ended early', `${result.failed}, ${result.ended}`],
    ['published, acknowledged', `${result.published}, ${result.acknowledged}`],
    ['messages delivered', result.messages.toLocaleString('en')],
    ['messages/s', figure(result.messagesPerSecond)],
    ...(latencyMs === undefined
      ? []
      : Object.entries(LATENCY_TEXTS).map(([name, text]) => [text, `${figure(latencyMs[name as keyof LatencyMs])} ms`] as const)),
    ['lost', String(result.lost)],
    ['repeated', String(result.repeated), arrived && String(arrived.repeated)],
    ['out of order', String(result.late), arrived && String(arrived.late)],
    ['resets', String(result.resets)],
    ['busiest process of the driver', `${Math.round(result.driverShare * 100)} % of a core`],
    ...Object.entries({ ...failures, ...reasons }).map(([reason, count]) => [`  ${reason}`, String(count)] as const),
  ];
  if (arrived === undefined) return formatTable({ columns: ['', 'measured'], rows: rows.map(([name, measured]) => [name, measured]) });
  const columns = ['', 'to the application', 'on arrival'];
  return `${formatTable({ columns, rows: rows.map(([name, measured, onArrival = '']) => [name, measured, onArrival]) })}\n\n${ON_ARRIVAL}`;
}

/** Explains the column. */
const ON_ARRIVAL = [
  'The WebSocket lane may repeat and reorder events. "On arrival" counts how frames came over the sockets, those that the client library',
  'asked for again included. The library puts them in order and drops repeats: "to the application" is what it delivers, and what counts.',
].join('\n');

const LANE_TEXTS: Readonly<Record<LaneKind, string>> = {
  'sse-http1': 'SSE over HTTP/1.1',
  'sse-http2': 'SSE over HTTP/2',
  websocket: 'WebSocket',
  poll: 'long polling',
};

const LATENCY_TEXTS: Readonly<Record<keyof LatencyMs, string>> = {
  p50: 'latency p50',
  p90: 'latency p90',
  p99: 'latency p99',
  p999: 'latency p99.9',
  max: 'latency, longest',
};

function latency(histograms: readonly string[]): LatencyMs | undefined {
  const all = createLatencyHistogram();
  for (const histogram of histograms) all.add(decodeFromCompressedBase64(histogram));
  if (all.totalCount === 0) return undefined;
  const at = (percentile: number) => all.getValueAtPercentile(percentile) / 1_000;
  return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: all.maxValue / 1_000 };
}

/** Adds numbers of the same name. */
export function addUp(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [name, count] of counts.flatMap((one) => Object.entries(one))) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}
