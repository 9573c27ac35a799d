import type { Transport, UseCaseId } from './thresholds.ts';

/** What `npm run compare` measured: `data/measured.json`. */
export interface Measured {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly command: string;
  readonly machine: string;
  /** Whether it was a short run, which shows that it works and says little about times. */
  readonly quick: boolean;
  readonly sizes: {
    readonly pollIntervalMs: number;
    readonly useCases: readonly { readonly id: UseCaseId; readonly groups: number; readonly clients: number }[];
  };
  readonly rows: readonly MeasuredRow[];
}

/** One transport in one use case. A message is one event at one client. */
export interface MeasuredRow {
  readonly useCase: UseCaseId;
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
  /** Whose server CPU it is: what runs the functions and API Gateway here is not AWS's. */
  readonly label: 'measured here' | 'emulated API Gateway and Lambda';
}
