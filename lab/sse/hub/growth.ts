import { figure, figureOrNone } from '../../shared/report/format.ts';
import type { Plot, Table } from '../../shared/report/section.ts';
import type { LoadClient, Measurement } from '../measure/workload.ts';
import { intactStreams, measureSpread, type SpreadResult } from './spread.ts';

/** As on the WebSocket lane: see `lab/websocket/fan-out/growth.ts`. */
export const GROWTH_STREAMS = [1_000, 10_000, 100_000];

/** So seldom that an event has the machine to itself: the last stream of 100,000 has it long before the next comes. */
const LOAD = { kind: 'rate', perSecond: 0.25, events: 6 } as const;

/** One event at a time to more and more streams, over as many processes as their files need. */
export async function measureGrowth(
  maxStreams: number,
  client: LoadClient,
  signal: AbortSignal,
  progress: (text: string) => void,
): Promise<readonly SpreadResult[]> {
  const results: SpreadResult[] = [];
  for (const streams of GROWTH_STREAMS) {
    if (signal.aborted) break;
    const processes = Math.ceil(streams / maxStreams);
    progress(`one event to ${streams} streams over ${processes} processes`);
    results.push(await measureSpread({ streams, processes, load: LOAD }, client, signal));
  }
  return results;
}

export function growthTable(results: readonly SpreadResult[]): Table {
  return {
    caption: 'One event to so many streams of the SSE lane; the processes, as tasks of a service, share the cores of this machine',
    columns: ['streams', 'processes', 'streams with every event', 'p50 ms', 'last ms', 'CPU µs/stream', 'CPU ms/event', 'user MB'],
    rows: results.map((result) => {
      const { streams, processes, measurements } = result;
      const worst = (value: (delivering: Delivering) => number) => worstOf(measurements, value);
      return [
        streams.toLocaleString('en'),
        String(processes),
        intactStreams(result).toLocaleString('en'),
        figureOrNone(worst(({ p50Ms }) => p50Ms)),
        figureOrNone(worst(({ maxMs }) => maxMs)),
        figureOrNone(cpuUsPerStream(result)),
        figureOrNone(cpuMsPerEvent(result)),
        figure(measurements.reduce((sum, { connecting }) => sum + connecting.streams * connecting.userBytesPerStream, 0) / 1e6),
      ];
    }),
  };
}

export function growthPlot(results: readonly SpreadResult[]): Plot {
  const points = results.flatMap((result) => {
    const y = cpuMsPerEvent(result);
    return y === undefined ? [] : [{ x: result.streams, y }];
  });
  return {
    title: 'One event to so many streams',
    xLabel: 'streams',
    yLabel: 'CPU ms per event, all processes',
    xScale: 'log',
    yScale: 'log',
    series: [{ name: 'ours', points }],
  };
}

type Delivering = NonNullable<Measurement['delivering']>;

/** Of the process that took longest: its task is when the event has arrived everywhere. */
function worstOf(measurements: readonly Measurement[], value: (delivering: Delivering) => number): number | undefined {
  const values = measurements.flatMap(({ delivering }) => (delivering === undefined ? [] : [value(delivering)]));
  return values.length === 0 ? undefined : Math.max(...values);
}

/** Every process has as many streams, so the mean of theirs is the mean of all. */
function cpuUsPerStream({ measurements }: SpreadResult): number | undefined {
  const values = measurements.flatMap(({ delivering }) => (delivering === undefined ? [] : [delivering.cpuUsPerMessage]));
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of all processes together. */
function cpuMsPerEvent(result: SpreadResult): number | undefined {
  const cpuUs = cpuUsPerStream(result);
  return cpuUs === undefined ? undefined : (cpuUs * result.streams) / 1_000;
}
