/** Waits that double with each failure in a row. */
export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** @param failures in a row before this one: 0 for the first */
export function backoffMs({ firstMs, mostMs }: Backoff, failures: number): number {
  return Math.min(mostMs, firstMs * 2 ** failures);
}

/** Any part of the wait: those that failed together spread out as far as they can. */
export function fullJitter(ms: number, random: () => number): number {
  return ms * random();
}

/** Half of the wait for certain, half by chance: those that failed together do not come back together, and none at once. */
export function halfJitter(ms: number, random: () => number): number {
  return ms / 2 + (ms / 2) * random();
}
