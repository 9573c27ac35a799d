import type { Clock } from '../../backbone/ports.ts';
import type { Logger } from '../../backbone/telemetry/logger.ts';
import { backoffMs, HALF_JITTER, jittered } from '../../packages/protocol/backoff.ts';
import type { TargetHealth } from './ports.ts';

export interface TargetWatchOptions {
  readonly health: TargetHealth;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The longest time between two checks. */
  readonly intervalMs: number;
  /** @default Math.random */
  readonly random?: () => number;
}

/**
 * While checks fail, for example because all tasks together ask too often, the time between two checks grows
 * up to this many intervals.
 */
const MAX_BACKOFF = 8;

/**
 * Checks the task's own target health until it shows that the task is leaving. ECS sends SIGTERM only after
 * the deregistration delay, when the load balancer cuts all remaining streams at once.
 * @returns `leaving` if the load balancer sends no more requests here; `stopped` if the signal aborted first
 */
export async function watchTarget(
  { health, clock, logger, intervalMs, random = Math.random }: TargetWatchOptions,
  signal: AbortSignal,
): Promise<'leaving' | 'stopped'> {
  let wasRegistered = false;
  let failures = 0;
  while (!signal.aborted) {
    try {
      const state = await health.state();
      failures = 0;
      // A target without open connections may drain completely between two checks.
      if (state === 'draining' || (state === 'unregistered' && wasRegistered)) return signal.aborted ? 'stopped' : 'leaving';
      wasRegistered ||= state === 'registered';
    } catch (error) {
      // SIGTERM still arrives: the streams then close later, but still within the drain time.
      if (failures === 0) logger.warn('cannot see the target health of this task', { error });
      failures++;
    }
    const waitMs = backoffMs({ firstMs: intervalMs, mostMs: intervalMs * MAX_BACKOFF }, failures);
    // Jittered, so that tasks that started together do not ask together.
    await clock.sleep(jittered(waitMs, HALF_JITTER, random), signal).catch(() => {});
  }
  return 'stopped';
}
