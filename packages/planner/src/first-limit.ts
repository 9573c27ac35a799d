import type { Facts } from './facts.ts';
import { formatNumber } from './format.ts';
import type { Limit, Option } from './option.ts';
import { PRESETS } from './presets.ts';
import type { Workload } from './workload.ts';

/** The limit that is met first as the load grows. */
export interface FirstLimit extends Limit {
  /** At how many times this load. Below 1, it is met already. Of a limit that is met by any load: its own part of what is used. */
  readonly reachedAtTimes: number;
  /** Whether fewer connections would avoid it. The size of an event, and what a preset does not tie to them, stays. */
  readonly growsWithLoad: boolean;
}

/** A million times the load, and a millionth of it. */
const DOUBLINGS = 20;
const HALVINGS = 20;

/** So many times the connections, and what grows with them. */
export function timesLoad(workload: Workload, times: number): Workload {
  const grown = ['connections' as const, 'averageConnections' as const, ...PRESETS[workload.preset].growsWithConnections];
  return { ...workload, ...Object.fromEntries([...new Set(grown)].map((id) => [id, workload[id] * times])) };
}

/** Undefined where a million times the load meets none. */
export function firstLimitOf(option: Option, workload: Workload, facts: Facts): FirstLimit | undefined {
  const exceededAt = (times: number) =>
    option
      .bill(timesLoad(workload, times), facts)
      .limits.filter(({ use, allowed }) => use > allowed)
      .toSorted((a, b) => b.use / b.allowed - a.use / a.allowed)[0];
  const atThisLoad = (limit: Limit) => option.bill(workload, facts).limits.find(({ id }) => id === limit.id) ?? limit;
  const now = exceededAt(1);

  let [free, full] = [1, 1];
  if (now === undefined) {
    while (exceededAt(full) === undefined) {
      if (full >= 2 ** DOUBLINGS) return undefined;
      [free, full] = [full, full * 2];
    }
  } else {
    while (exceededAt(free) !== undefined) {
      if (free <= 2 ** -DOUBLINGS) {
        const always = atThisLoad(exceededAt(free) ?? now);
        return { ...always, reachedAtTimes: always.allowed / always.use, growsWithLoad: false };
      }
      [full, free] = [free, free / 2];
    }
  }
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (free + full) / 2;
    if (exceededAt(middle) === undefined) free = middle;
    else full = middle;
  }

  const first = exceededAt(full);
  return first && { ...atThisLoad(first), reachedAtTimes: full, growsWithLoad: true };
}

export const reachedText = ({ reachedAtTimes, growsWithLoad }: FirstLimit): string =>
  growsWithLoad
    ? `at ${formatNumber(reachedAtTimes)} times this load`
    : `exceeded ${formatNumber(1 / reachedAtTimes)} times, however few connect`;
