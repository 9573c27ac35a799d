import { performance } from 'node:perf_hooks';

/** Use counts half after each of these. */
const HALF_LIFE_MS = 250;

/** Less than this counts as none, so that a user who comes once goes before those who keep coming. */
const NOTHING = 0.5;

/**
 * What each principal has used lately, so that those who have used little go first: somebody who comes for a moment does not wait
 * behind 200 who want all that they can get.
 */
export class RecentUse {
  readonly #nowMs: () => number;
  readonly #used = new Map<string, number>();
  #halvedAtMs: number;

  /** @param nowMs a clock that never goes back; milliseconds */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
    this.#halvedAtMs = nowMs();
  }

  add(principal: string, amount: number): void {
    this.#halve();
    this.#used.set(principal, (this.#used.get(principal) ?? 0) + amount);
  }

  /** The first of those who have used least; undefined where there is nobody. */
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
