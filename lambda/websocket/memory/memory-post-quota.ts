import { ANONYMOUS } from '../../../backbone/domain/principal.ts';
import type { Clock } from '../../../backbone/ports.ts';
import { allowanceOf, type PostAllowance, windowOf } from '../domain/post-window.ts';
import type { PostQuota } from '../ports.ts';

/** A {@link PostQuota} in memory that passes the port's contract suite. */
export class MemoryPostQuota implements PostQuota {
  readonly perSecond: number;
  readonly #clock: Clock;
  readonly #counts = new Map<string, number>();

  constructor(perSecond: number, clock: Clock) {
    this.perSecond = perSecond;
    this.#clock = clock;
  }

  async take(principal: string, posts: number): Promise<PostAllowance> {
    if (principal === ANONYMOUS) return { kind: 'allowed' };
    const nowMs = this.#clock.nowMs();
    const window = `${windowOf(nowMs)} ${principal}`;
    const count = (this.#counts.get(window) ?? 0) + posts;
    this.#counts.set(window, count);
    return allowanceOf(count, this.perSecond, nowMs);
  }
}
