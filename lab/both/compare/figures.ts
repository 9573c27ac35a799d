import type { Transport } from './client.ts';

/** Whose server CPU it is: what runs the functions and API Gateway here is not AWS's. */
export type Label = 'measured here' | 'emulated API Gateway and Lambda';

/** One transport in one use case, as `packages/planner/src/data/measured.json` has it. A message is one event at one client. */
export interface Row {
  readonly useCase: string;
  readonly transport: Transport;
  /** From the planned publication to the application of the client, before the cut. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly p999: number };
  /** How much a latency differs from the one before it, on average. */
  readonly jitterMs: number;
  readonly bytesDownPerMessage: number;
  readonly bytesUpPerMessage: number;
  /** That clients send: requests of HTTP, frames of WebSocket. */
  readonly requestsPerMessage: number;
  /** That all clients together have opened until the cut. */
  readonly tcpConnections: number;
  readonly serverCpuMicrosPerMessage: number;
  /** From the cut until the last client has what was published right after it. */
  readonly caughtUpMs: number;
  /** Events that were acknowledged. */
  readonly sent: number;
  readonly delivered: number;
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
  readonly label: Label;
}

/** A row, and what went wrong besides what it counts. */
export interface Measurement {
  readonly row: Row;
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
): Pick<Row, 'bytesDownPerMessage' | 'bytesUpPerMessage' | 'requestsPerMessage' | 'serverCpuMicrosPerMessage'> {
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
export function rounded(row: Row): Row {
  const digits = (_name: string, value: unknown) => (typeof value === 'number' ? Number(value.toPrecision(4)) : value);
  return JSON.parse(JSON.stringify(row, digits)) as Row;
}
