import type { MeasuredRow } from '../../../packages/planner/src/measured.ts';

/** A row, and what went wrong besides what it counts. */
export interface Measurement {
  readonly row: MeasuredRow;
  /** Of one core: how busy this process was, which holds clients and links. Near 1 it is what was measured. */
  readonly clientShare: number;
  /** Publications that failed, resets, subscriptions that ended: how often each. */
  readonly troubles: Readonly<Record<string, number>>;
}

/** What counts up while a use case runs. */
export interface Totals {
  readonly bytesDown: number;
  readonly bytesUp: number;
  readonly requests: number;
  readonly delivered: number;
}

/** What each message has cost on the wire between two looks; NaN where there was none. */
export function perMessage(
  before: Totals,
  after: Totals,
  cpuSeconds: number,
): Pick<MeasuredRow, 'bytesDownPerMessage' | 'bytesUpPerMessage' | 'requestsPerMessage' | 'serverCpuMicrosPerMessage'> {
  const messages = after.delivered - before.delivered;
  const each = (name: keyof Totals) => (after[name] - before[name]) / messages;
  return {
    bytesDownPerMessage: each('bytesDown'),
    bytesUpPerMessage: each('bytesUp'),
    requestsPerMessage: each('requests'),
    serverCpuMicrosPerMessage: (cpuSeconds * 1e6) / messages,
  };
}

/** What is wrong with a measurement: broken promises, and figures that are missing. Times are never wrong. */
export function problemsOf({ row, troubles }: Measurement): readonly string[] {
  const { useCase, transport, latencyMs, lost, doubled, outOfOrder, label, ...figures } = row;
  const broken = Object.entries({ lost, doubled, 'out of order': outOfOrder, ...troubles }).filter(([, count]) => count !== 0);
  const missing = Object.entries({ ...latencyMs, ...figures }).filter(([, value]) => !Number.isFinite(value) || value < 0);
  return [...broken.map(([what, count]) => `${count} ${what}`), ...missing.map(([name]) => `no ${name}`)].map(
    (problem) => `${useCase} over ${transport}: ${problem}`,
  );
}

/** Digits that mean something: a file that people compare has no others. */
export function rounded(row: MeasuredRow): MeasuredRow {
  const digits = (_name: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value);
  return JSON.parse(JSON.stringify(row, digits)) as MeasuredRow;
}
