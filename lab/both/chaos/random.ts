/** A source of numbers that a seed determines. */
export interface Random {
  /** From 0 up to 1, like `Math.random`. */
  next(): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  between(min: number, max: number): number;
  wholeBetween(min: number, max: number): number;
  /** Undefined when there is nothing to choose from. */
  pick<T>(items: readonly T[]): T | undefined;
  /** A wait whose mean this is, as between events that know nothing of each other. */
  waitMs(meanMs: number): number;
}

/**
 * The numbers of one stream of a seed. Each kind of fault has its own, so that how often one of them draws does not
 * change what the others get.
 */
export function createRandom(seed: number, stream: string): Random {
  let state = hash(`${seed}/${stream}`);
  // mulberry32: 32 bits of state, and good enough for everything but secrets.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (min: number, max: number) => min + next() * (max - min);
  const wholeBetween = (min: number, max: number) => Math.floor(between(min, max + 1));
  return {
    next,
    between,
    wholeBetween,
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)],
    // Cut at four times the mean, so that a short run is not spent waiting.
    waitMs: (meanMs) => Math.min(4 * meanMs, -meanMs * Math.log(1 - next())),
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let hashed = 0x811c9dc5;
  for (const char of text) hashed = Math.imul(hashed ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return hashed >>> 0;
}
