import { METRICS } from '../../backbone/contract.ts';
import type { Telemetry } from '../telemetry.ts';
import type { ReplayKey } from './domain/replay-job.ts';
import { ReplaysLimitedError } from './limits.ts';
import type { PendingWork, ReplayQueue, ReplayStore } from './ports.ts';

export interface QueueDependencies {
  readonly replays: ReplayStore;
  readonly replayQueue: ReplayQueue;
}

/**
 * Leaves the rest of a replay or snapshot to the turns of the queue.
 * @throws ReplaysLimitedError if the principal already has the most that it may have at once
 */
export async function leaveToQueue(
  key: ReplayKey,
  work: PendingWork,
  { replays, replayQueue }: QueueDependencies,
  telemetry: Pick<Telemetry, 'metrics'>,
): Promise<void> {
  const begun = await replays.begin(key, work);
  if (begun === 'full') {
    telemetry.metrics({ [METRICS.limitedReplays]: 1 });
    throw new ReplaysLimitedError(replays.maxPerPrincipal);
  }
  if (begun === 'replaced') return;
  try {
    await replayQueue.enqueue(key);
  } catch (error) {
    // Otherwise the client's next attempt would rely on a message that does not exist.
    await replays.end(key, work.id);
    throw error;
  }
}
