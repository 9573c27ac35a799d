import type { Peer, RunningPeer } from '../peers/peer.ts';

/**
 * How events come. `window`: at most `inFlight` are on their way, `burst` of them in one write; the next come when every
 * stream has the oldest. `rate`: at their times, whatever the server does; latency counts from the time planned.
 */
export type Load =
  | { readonly kind: 'idle' }
  | { readonly kind: 'window'; readonly inFlight: number; readonly burst: number; readonly events: number }
  | { readonly kind: 'rate'; readonly perSecond: number; readonly events: number };

export interface Workload {
  readonly streams: number;
  readonly dataBytes: number;
  readonly load: Load;
}

/** What the streams themselves cost: measured without events. */
export interface Connecting {
  readonly streams: number;
  readonly acceptsPerSecond: number;
  /** Server CPU per stream opened. */
  readonly cpuUsPerAccept: number;
  /** Of the server's processes, per idle stream. */
  readonly userBytesPerStream: number;
  /** Of the kernel for the whole machine, so with both ends of each connection. */
  readonly kernelBytesPerStream: number;
}

/** What delivering cost. */
export interface Delivering {
  readonly events: number;
  /** From the first publication to the last stream's last event. */
  readonly seconds: number;
  readonly messagesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** Server CPU per message. */
  readonly cpuUsPerMessage: number;
  /** Cores that the server used on average. */
  readonly serverCores: number;
  /** Share of one core that the busiest process of the client used: near 1, the client may be what limits. */
  readonly clientShare: number;
}

export interface Measurement {
  /** Every stream opened, and every message came once, in order and with the right bytes. */
  readonly intact: boolean;
  /** What was wrong, where it was not intact. */
  readonly problem: string | undefined;
  readonly connecting: Connecting;
  /** Undefined for idle streams, and where the streams did not open. */
  readonly delivering: Delivering | undefined;
}

/** Opens streams to a server, has events published, checks and measures. */
export interface LoadClient {
  readonly name: string;
  readonly measure: (peer: Peer, server: RunningPeer, workload: Workload, signal: AbortSignal) => Promise<Measurement>;
}
