import type { Clock } from '../../backbone/ports.ts';
import type { Logger } from '../../backbone/telemetry/logger.ts';
import { backoffMs, HALF_JITTER, jittered } from '../../packages/protocol/backoff.ts';
import type { TargetHealth } from './ports.ts';

export interface TargetWatchOptions {
  readonly health: TargetHealth;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The longest time between two looks. */
  readonly intervalMs: number;
  /** @default Math.random */
  readonly random?: () => number;
}

/** While looking fails, for example because all tasks together ask too often, the time between two looks grows up to so many intervals. */
const MAX_BACKOFF = 8;

/**
 * Looks at the task's own target health until it says that the task is leaving: ECS sends SIGTERM only after the
 * deregistration delay, when the balancer cuts all streams that are still open at once.
 * @returns `leaving` when the load balancer sends no more requests here; `stopped` when the signal aborted first
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
      // A target that nothing holds up drains within moments, between two looks.
      if (state === 'draining' || (state === 'unregistered' && wasRegistered)) return signal.aborted ? 'stopped' : 'leaving';
      wasRegistered ||= state === 'registered';
    } catch (error) {
      // SIGTERM still comes: then the streams close later, and within the drain time all the same.
      if (failures === 0) logger.warn('cannot see the target health of this task', { error });
      failures++;
    }
    const waitMs = backoffMs({ firstMs: intervalMs, mostMs: intervalMs * MAX_BACKOFF }, failures);
    // Jittered, so that tasks that started together do not ask together.
    await clock.sleep(jittered(waitMs, HALF_JITTER, random), signal).catch(() => {});
  }
  return 'stopped';
}
