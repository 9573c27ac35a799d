import type { Clock } from '../../backbone/ports.ts';
import type { ConnectionPoster } from './ports.ts';

/** A poster that starts its posts at intervals, so that its user stays below a known rate. */
export function pacedPoster(poster: ConnectionPoster, perSecond: number, clock: Clock): ConnectionPoster {
  let nextAtMs = Number.NEGATIVE_INFINITY;
  return {
    async post(connectionId, frame, signal) {
      const waitMs = nextAtMs - clock.nowMs();
      nextAtMs = Math.max(nextAtMs, clock.nowMs()) + 1_000 / perSecond;
      if (waitMs > 0) await clock.sleep(waitMs);
      return poster.post(connectionId, frame, signal);
    },
  };
}
