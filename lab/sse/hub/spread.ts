import type { Load, LoadClient, Measurement } from '../measure/workload.ts';
import { ours } from '../peers/catalog.ts';
import { DATA_BYTES } from './compare.ts';

/** Streams over several processes of ours at once, as over the tasks of a service. */
export interface SpreadResult {
  readonly streams: number;
  readonly processes: number;
  /** Of each process that could be measured. */
  readonly measurements: readonly Measurement[];
  /** Why a process was not measured. */
  readonly failures: readonly string[];
}

export interface Spread {
  readonly streams: number;
  readonly processes: number;
  /** Of each process. */
  readonly load: Load;
}

/** Opens the streams on processes that run side by side, each with an equal part, and has the load's events published on each. */
export async function measureSpread({ streams, processes, load }: Spread, client: LoadClient, signal: AbortSignal): Promise<SpreadResult> {
  const servers = await settle(Array.from({ length: processes }, () => ours.start()));
  const workload = { streams: Math.ceil(streams / processes), dataBytes: DATA_BYTES, load };
  const measured = await settle(servers.values.map((server) => client.measure(ours, server, workload, signal)));
  await Promise.all(servers.values.map((server) => server.stop()));
  return { streams, processes, measurements: measured.values, failures: [...servers.failures, ...measured.failures] };
}

/** Streams of processes on which every stream opened, and every message came as it should. */
export function intactStreams({ measurements }: SpreadResult): number {
  return measurements.reduce((sum, { intact, connecting }) => sum + (intact ? connecting.streams : 0), 0);
}

/** Waits for all, so that what one of them has started is not left behind when another fails. */
async function settle<Value>(
  promises: readonly Promise<Value>[],
): Promise<{ readonly values: readonly Value[]; readonly failures: readonly string[] }> {
  const outcomes = await Promise.allSettled(promises);
  return {
    values: outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
    failures: outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [String(outcome.reason)] : [])),
  };
}
