import type { LoadClient, Measurement } from '../measure/workload.ts';
import { ours } from '../peers/catalog.ts';
import type { RunningPeer } from '../peers/peer.ts';
import { DATA_BYTES } from './compare.ts';

export interface PairResult {
  readonly streams: number;
  /** Of each process that could be measured. */
  readonly measurements: readonly Measurement[];
  /** Why a process was not measured. */
  readonly failures: readonly string[];
}

const PROCESSES = 2;

/** Idle streams over two processes of ours at once: more than the files of one allow. */
export async function measurePair(streams: number, client: LoadClient, signal: AbortSignal): Promise<PairResult> {
  const servers = await settle(Array.from({ length: PROCESSES }, () => ours.start()));
  const workload = { streams: streams / PROCESSES, dataBytes: DATA_BYTES, load: { kind: 'idle' } } as const;
  const measured = await settle(servers.values.map((server: RunningPeer) => client.measure(ours, server, workload, signal)));
  await Promise.all(servers.values.map((server) => server.stop()));
  return { streams, measurements: measured.values, failures: [...servers.failures, ...measured.failures] };
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
