import { performance } from 'node:perf_hooks';

/** Past use counts half after this time. */
const HALF_LIFE_MS = 250;

/**
 * Less use than this counts as none, so that a principal that comes once is served before those that keep
 * coming.
 */
const NOTHING = 0.5;

/**
 * What each principal has used lately, so that those that have used little are served first: a principal that
 * needs one thing does not wait behind 200 that want all they can get.
 */
export class RecentUse {
  readonly #nowMs: () => number;
  readonly #used = new Map<string, number>();
  #halvedAtMs: number;

  /** @param nowMs a monotonic clock, in milliseconds */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
    this.#halvedAtMs = nowMs();
  }

  add(principal: string, amount: number): void {
    this.#halve();
    this.#used.set(principal, (this.#used.get(principal) ?? 0) + amount);
  }

  /** The first of those that have used least; undefined if there are none. */
  least(principals: Iterable<string>): string | undefined {
    this.#halve();
    let found: string | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const principal of principals) {
      const used = this.#used.get(principal) ?? 0;
      if (used < NOTHING) return principal;
      if (used >= least) continue;
      found = principal;
      least = used;
    }
    return found;
  }

  #halve(): void {
    const nowMs = this.#nowMs();
    const times = Math.floor((nowMs - this.#halvedAtMs) / HALF_LIFE_MS);
    if (times === 0) return;
    this.#halvedAtMs += times * HALF_LIFE_MS;
    for (const [principal, used] of this.#used) {
      const left = used / 2 ** times;
      if (left < NOTHING) this.#used.delete(principal);
      else this.#used.set(principal, left);
    }
  }
}
