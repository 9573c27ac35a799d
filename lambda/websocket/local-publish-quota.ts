import type { Clock } from '../../backbone/ports.ts';
import type { PublishQuota } from './ports.ts';

/**
 * Counts publications in the memory of one function instance, which costs no write. Each instance counts for itself, so
 * a principal whose frames reach several of them may publish the limit on each
 * ([ADR 53](../../docs/decisions/0053-kinds-of-channels-by-name.md)).
 */
export function createLocalPublishQuota(perSecond: number, clock: Clock): PublishQuota {
  const counts = new Map<string, number>();
  let second = 0;
  return {
    perSecond,
    async take(principal, events = 1) {
      const now = Math.floor(clock.nowMs() / 1_000);
      if (now !== second) counts.clear();
      second = now;
      const count = counts.get(principal) ?? 0;
      if (count + events > perSecond) return false;
      counts.set(principal, count + events);
      return true;
    },
  };
}
