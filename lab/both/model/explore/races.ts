import { areDependent } from './dependence.ts';
import type { TakenStep } from './guided-steps.ts';

/** Two dependent steps that nothing has ordered: the later one, or what leads to it, could have come first. */
export interface Race {
  /** The place of the earlier one. */
  readonly at: number;
  /** Steps that can be taken there and lead to the other order, by their ids; one of them is enough. */
  readonly first: readonly number[];
}

/**
 * The races of a run whose later step is at `from` or behind it. Each is the beginning of an interleaving that differs from this one
 * in more than the order of independent steps.
 */
export function racesOf(taken: readonly TakenStep[], from: number): readonly Race[] {
  const before = happensBefore(taken);
  const races: Race[] = [];
  for (let later = from; later < taken.length; later++) {
    const known = new Set<number>(causesOf(taken, before, later));
    for (let earlier = later - 1; earlier >= (taken[later]?.restsAfter ?? 0); earlier--) {
      if (known.has(earlier) || !dependent(taken, earlier, later)) continue;
      races.push({ at: earlier, first: initialsOf(taken, before, earlier, later) });
      known.add(earlier);
      for (const at of before[earlier] ?? []) known.add(at);
    }
  }
  return races;
}

/** For each step those that come before it in every equivalent interleaving, since the last rest. */
function happensBefore(taken: readonly TakenStep[]): readonly ReadonlySet<number>[] {
  const before: Set<number>[] = [];
  for (const [at, { restsAfter }] of taken.entries()) {
    const known = new Set(causesOf(taken, before, at));
    before.push(known);
    for (let earlier = at - 1; earlier >= restsAfter; earlier--) {
      if (known.has(earlier) || !dependent(taken, earlier, at)) continue;
      known.add(earlier);
      for (const one of before[earlier] ?? []) known.add(one);
    }
  }
  return before;
}

function causesOf(taken: readonly TakenStep[], before: readonly ReadonlySet<number>[], at: number): readonly number[] {
  const causedAt = taken[at]?.causedAt;
  return causedAt === undefined ? [] : [causedAt, ...(before[causedAt] ?? [])];
}

function dependent(taken: readonly TakenStep[], one: number, other: number): boolean {
  return areDependent(taken[one]?.touches ?? [], taken[other]?.touches ?? []);
}

/** Of what does not follow from the earlier step, up to the later one, the steps that need none of the others. */
function initialsOf(
  taken: readonly TakenStep[],
  before: readonly ReadonlySet<number>[],
  earlier: number,
  later: number,
): readonly number[] {
  const rest: number[] = [];
  for (let at = earlier + 1; at < later; at++) if (!before[at]?.has(earlier)) rest.push(at);
  rest.push(later);
  const initials = rest.filter((at, index) => {
    // Of the later one it is the race itself that is turned round.
    const needed = at === later ? new Set(causesOf(taken, before, later)) : before[at];
    return !rest.slice(0, index).some((one) => needed?.has(one) || dependent(taken, one, at));
  });
  return initials.flatMap((at) => taken[at]?.id ?? []);
}
