import type { Clock } from '../../backbone/ports.ts';
import type { Logger } from '../../backbone/telemetry/logger.ts';
import { backoffMs, HALF_JITTER, jittered } from '../../packages/protocol/backoff.ts';
import type { TargetHealth } from './ports.ts';

export interface TargetWatchOptions {
  readonly health: TargetHealth;
  /**
   * Aborts when ECS has announced that it stops this task. The announcement may come a moment before the load balancer drains the
   * task, late, or never.
   */
  readonly announced: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The longest time between two checks, as long as nothing is announced. */
  readonly intervalMs: number;
  /** @default Math.random */
  readonly random?: () => number;
}

/**
 * While checks fail, for example because all tasks together ask too often, the time between two checks grows
 * up to this many intervals.
 */
const MAX_BACKOFF = 8;

/** The longest time between two checks of an announced task: the load balancer is about to drain it. */
const ANNOUNCED_INTERVAL_MS = 2_000;

/**
 * Checks the task's own target health until it shows that the task is leaving: at once after the announcement, and now and then without
 * one. ECS sends SIGTERM only after the deregistration delay, when the load balancer cuts all remaining streams at once.
 *
 * The announcement alone is not enough: until the load balancer drains the task, it still sends clients here, and a task that
 * closes its streams would have to refuse them.
 * @returns `leaving` if the load balancer sends no more requests here; `stopped` if the signal aborted first
 */
export async function watchTarget(
  { health, announced, clock, logger, intervalMs, random = Math.random }: TargetWatchOptions,
  signal: AbortSignal,
): Promise<'leaving' | 'stopped'> {
  const announcedOrStopped = AbortSignal.any([announced, signal]);
  let wasRegistered = false;
  let failures = 0;
  while (!signal.aborted) {
    const isAnnounced = announced.aborted;
    try {
      const state = await health.state();
      failures = 0;
      // A target without open connections may drain completely between two checks.
      const isGone = state === 'unregistered' && (wasRegistered || isAnnounced);
      if (state === 'draining' || isGone) return signal.aborted ? 'stopped' : 'leaving';
      wasRegistered ||= state === 'registered';
    } catch (error) {
      // Without an announcement, SIGTERM still arrives: the streams then close later, but still within the drain time.
      if (failures === 0) logger.warn('cannot see the target health of this task', { error, announced: isAnnounced });
      if (isAnnounced) return signal.aborted ? 'stopped' : 'leaving';
      failures++;
    }
    const waitMs = announced.aborted
      ? ANNOUNCED_INTERVAL_MS
      : backoffMs({ firstMs: intervalMs, mostMs: intervalMs * MAX_BACKOFF }, failures);
    // Jittered, so that tasks that started together do not ask together.
    await clock.sleep(jittered(waitMs, HALF_JITTER, random), announced.aborted ? signal : announcedOrStopped).catch(() => {});
  }
  return 'stopped';
}
