import type { Clock } from '../../../backbone/ports.ts';
import type { PublishQuota } from '../ports.ts';

/** A {@link PublishQuota} in memory that passes the port's contract suite. */
export class MemoryPublishQuota implements PublishQuota {
  readonly perSecond: number;
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();

  constructor(perSecond: number, clock: Clock) {
    this.perSecond = perSecond;
    this.#clock = clock;
  }

  async take(principal: string, events = 1): Promise<boolean> {
    const window = `${Math.floor(this.#clock.nowMs() / 1_000)} ${principal}`;
    const count = this.#counts.get(window) ?? 0;
    if (count + events > this.perSecond) return false;
    this.#counts.set(window, count + events);
    return true;
  }
}
