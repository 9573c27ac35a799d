import { METRICS } from '../../backbone/contract.ts';
import type { Clock } from '../../backbone/ports.ts';
import type { Telemetry } from '../telemetry.ts';

export interface TaskQueueInfo {
  readonly queueName: string;
  readonly taskId: string;
  readonly createdAtMs: number;
}

export interface SweepDependencies {
  /** The queues of all tasks, running or not. */
  readonly listQueues: () => Promise<readonly TaskQueueInfo[]>;
  /** The ids of all tasks that have not stopped. */
  readonly listTaskIds: () => Promise<ReadonlySet<string>>;
  /** Removes a queue and its subscription; either may be gone already. */
  readonly removeQueue: (queueName: string) => Promise<void>;
  readonly clock: Clock;
}

/**
 * A younger queue may belong to a task that ECS does not list yet, because its lists are eventually
 * consistent.
 */
export const MIN_AGE_MS = 10 * 60_000;

/** Some orphans could not be removed; the others were. */
export class SweepIncompleteError extends AggregateError {
  override readonly name = 'SweepIncompleteError';
}

/**
 * Removes queues whose task no longer runs: the task was killed, and the event about it was lost. Counts all
 * of them, removed or not, and zero too, because an alarm watches that number.
 * @throws SweepIncompleteError
 */
export async function sweepQueues({ listQueues, listTaskIds, removeQueue, clock }: SweepDependencies, telemetry: Telemetry): Promise<void> {
  // Queues are listed before tasks: a task whose queue is listed has then existed long enough to be listed
  // too.
  const queues = await listQueues();
  const taskIds = await listTaskIds();
  const orphans = queues.filter(({ taskId, createdAtMs }) => !taskIds.has(taskId) && clock.nowMs() - createdAtMs >= MIN_AGE_MS);
  telemetry.metrics({ [METRICS.orphans]: orphans.length });
  const failures: unknown[] = [];
  for (const { queueName } of orphans) {
    try {
      await removeQueue(queueName);
      telemetry.warn('orphaned queue removed', { queueName });
    } catch (error) {
      telemetry.error('orphaned queue not removed', { queueName, error });
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new SweepIncompleteError(failures, `${failures.length} of ${orphans.length} orphaned queues not removed`);
}
