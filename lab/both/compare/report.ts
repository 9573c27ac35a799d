import type { Measured } from '../../../packages/planner/src/measured.ts';
import { type Machine, machineText } from '../../shared/machine.ts';
import { figure } from '../../shared/report/format.ts';
import { formatTable } from '../../shared/report/text.ts';
import { POLL_INTERVAL_MS } from './client.ts';
import { type Measurement, rounded } from './figures.ts';
import { LINK } from './link.ts';
import type { CompareOptions } from './options.ts';
import type { Times } from './use-case-run.ts';
import type { UseCase } from './use-cases.ts';

/** `packages/planner/src/data/measured.json`. */
/** How it was measured, for whoever repeats it. */
interface Reproducible extends Measured {
  readonly seed: number;
  readonly sizes: Measured['sizes'] & { readonly times: Times; readonly link: typeof LINK; readonly useCases: readonly UseCase[] };
}

export function toMeasured(
  { quick, seed, useCases }: CompareOptions,
  times: Times,
  machine: Machine,
  measurements: readonly Measurement[],
): Reproducible {
  return {
    date: machine.startedAt.slice(0, 10),
    command: `npm run compare -- ${quick ? '--quick ' : ''}--seed ${seed}`,
    machine: machineText(machine),
    seed,
    quick,
    sizes: { times, link: LINK, pollIntervalMs: POLL_INTERVAL_MS, useCases },
    rows: measurements.map(({ row }) => rounded(row)),
  };
}

const COLUMNS = [
  ...['transport', 'p50 ms', 'p99', 'p99.9', 'jitter', 'B down', 'B up', 'requests', 'TCP', 'CPU µs', 'caught up ms'],
  ...['sent', 'delivered', 'lost', 'doubled', 'disordered', 'clients busy'],
];

/** A table for each use case. */
export function formatMeasurements(useCases: readonly UseCase[], measurements: readonly Measurement[]): string {
  const tables = useCases.flatMap((useCase) => {
    const rows = measurements.filter(({ row }) => row.useCase === useCase.id);
    return rows.length === 0 ? [] : [`${captionOf(useCase)}\n${formatTable({ columns: COLUMNS, rows: rows.map(cells) })}`];
  });
  return [...tables, `* ${EMULATED}`].join('\n\n');
}

const EMULATED = 'emulated API Gateway and Lambda: their CPU time here is not AWS’s.';

function captionOf({ id, groups, clients: each, channels, sender, eventsPerSecond, eventBytes }: UseCase): string {
  const clients = groups === 1 ? `${each} clients` : `${groups} × ${each} clients`;
  const source = sender === 'backend' ? 'a backend publishes to each channel' : 'each client publishes';
  return `${id}: ${clients}, channels of each: ${channels}; ${source} ${eventsPerSecond} a second, ${eventBytes} B`;
}

function cells({ row, clientShare }: Measurement): readonly string[] {
  const { latencyMs, jitterMs, bytesDownPerMessage, bytesUpPerMessage, requestsPerMessage, serverCpuMicrosPerMessage, caughtUpMs } = row;
  const mark = row.label === 'measured here' ? '' : '*';
  return [
    row.transport + mark,
    ...[latencyMs.p50, latencyMs.p99, latencyMs.p999, jitterMs, bytesDownPerMessage, bytesUpPerMessage, requestsPerMessage].map(figure),
    String(row.tcpConnections),
    figure(serverCpuMicrosPerMessage) + mark,
    figure(caughtUpMs),
    ...[row.sent, row.delivered, row.lost, row.doubled, row.outOfOrder].map(String),
    `${Math.round(clientShare * 100)} %`,
  ];
}
