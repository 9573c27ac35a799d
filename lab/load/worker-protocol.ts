import type { ChannelPosition } from '../../packages/protocol/cursor.ts';
import type { FleetCounts, FleetResult } from './fleet.ts';
import type { LaneTarget } from './lane.ts';

export type LaneKind = 'sse-http1' | 'sse-http2' | 'websocket' | 'poll';

/** What a process that holds streams is to do. */
export interface WorkerTask {
  readonly lane: LaneKind;
  readonly target: LaneTarget;
  readonly run: string;
  readonly streams: number;
  readonly connectsPerSecond: number;
  readonly streamsPerConnection: number;
}

export type ToWorker =
  | { readonly kind: 'open'; readonly task: WorkerTask }
  /** Asks for the result; the streams are closed after it. */
  | { readonly kind: 'finish'; readonly acknowledged: readonly ChannelPosition[] };

export type FromWorker =
  /** Several times a second. CPU time since the process began, and when that was. */
  | {
      readonly kind: 'progress';
      readonly counts: FleetCounts;
      readonly p50Ms: number;
      readonly p99Ms: number;
      readonly cpuUs: number;
      readonly atUs: number;
    }
  | { readonly kind: 'result'; readonly result: FleetResult };
