import type { Facts } from './facts.ts';
import type { Limit, Option } from './option.ts';
import { PRESETS } from './presets.ts';
import type { Workload } from './workload.ts';

/** The limit that is met first as the load grows: at how many times this load. Below 1, it is met already; 0, whatever the load is. */
export interface FirstLimit extends Limit {
  readonly reachedAtTimes: number;
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
  const now = exceededAt(1);

  let [free, full] = [1, 1];
  if (now === undefined) {
    while (exceededAt(full) === undefined) {
      if (full >= 2 ** DOUBLINGS) return undefined;
      [free, full] = [full, full * 2];
    }
  } else {
    while (exceededAt(free) !== undefined) {
      // The size of an event does not shrink with the load.
      if (free <= 2 ** -DOUBLINGS) return { ...now, reachedAtTimes: 0 };
      [full, free] = [free, free / 2];
    }
  }
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (free + full) / 2;
    if (exceededAt(middle) === undefined) free = middle;
    else full = middle;
  }

  const first = exceededAt(full);
  // What it takes of it now.
  const current = first && option.bill(workload, facts).limits.find(({ id }) => id === first.id);
  return first && { ...(current ?? first), reachedAtTimes: full };
}
