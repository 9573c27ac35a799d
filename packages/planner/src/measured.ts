import type { Transport, UseCaseId } from './thresholds.ts';

/** What `npm run compare` measured: `data/measured.json`. */
export interface Measured {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly command: string;
  readonly machine: string;
  /** Whether it was a short run, which shows that it works and says little about times. */
  readonly quick: boolean;
  readonly sizes: { readonly pollIntervalMs: number };
  readonly rows: readonly MeasuredRow[];
}

/** One transport in one use case. */
export interface MeasuredRow {
  readonly useCase: UseCaseId;
  readonly transport: Transport;
  /** From publication to the application of the reader. */
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly p999: number };
  readonly jitterMs: number;
  readonly bytesDownPerMessage: number;
  readonly bytesUpPerMessage: number;
  readonly requestsPerMessage: number;
  readonly tcpConnections: number;
  readonly serverCpuMicrosPerMessage: number;
  /** From a cut of the connection until the client has everything. */
  readonly caughtUpMs: number;
  readonly sent: number;
  readonly delivered: number;
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
  /** Whose server CPU it is. */
  readonly label: 'measured here' | 'emulated API Gateway and Lambda';
}
