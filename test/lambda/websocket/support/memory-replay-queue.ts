import { encodeReplayJob, parseReplayJob, type ReplayKey } from '../../../../lambda/websocket/domain/replay-job.ts';
import type { ReplayQueue } from '../../../../lambda/websocket/ports.ts';

/** A {@link ReplayQueue} in memory. Jobs pass through their encoding, as on SQS. */
export class MemoryReplayQueue implements ReplayQueue {
  readonly jobs: { readonly key: ReplayKey; readonly delaySeconds: number }[] = [];

  async enqueue(key: ReplayKey, delaySeconds = 0): Promise<void> {
    this.jobs.push({ key: parseReplayJob(encodeReplayJob(key)), delaySeconds });
  }
}
