import type { Bill, Limit, Option, OptionId } from './option.ts';
import type { NumberId, Workload } from './workload.ts';

/** A bill with its sums, and whether the option will do. */
export interface Answer extends Bill {
  readonly option: Pick<Option, 'id' | 'label' | 'status' | 'summary' | 'assumptions'>;
  readonly usdPerMonth: number;
  readonly fixedUsdPerMonth: number;
  readonly growingUsdPerMonth: number;
  /** Part of the total: what estimates tend to leave out. */
  readonly overlookedUsdPerMonth: number;
  /** The limit of which this workload takes most, and how many times this load reaches it. Undefined where nothing limits it. */
  readonly firstLimit: (Limit & { readonly reachedAtTimes: number }) | undefined;
  readonly fits: boolean;
  /** Why not. Empty where it fits. */
  readonly unfitBecause: readonly string[];
}

/** The value of an input at which the answer changes. */
export interface Flip {
  readonly input: NumberId;
  readonly label: string;
  readonly unit: string;
  readonly from: number;
  readonly to: number;
  /** What is recommended beyond it. */
  readonly towards: OptionId;
}

interface Choice {
  readonly because: readonly string[];
  /** The second best of those that fit. */
  readonly runnerUp: OptionId | undefined;
  /** The nearest number that turns it around. */
  readonly flip: Flip | undefined;
  readonly changingLater: string;
}

export type Recommendation =
  | (Choice & { readonly kind: 'recommended'; readonly option: OptionId })
  /** An assumed figure decides: within its range either may be the better one. */
  | (Choice & { readonly kind: 'undecided'; readonly between: readonly [OptionId, OptionId] })
  | { readonly kind: 'none'; readonly because: readonly string[] };

/** Dates of the figures that the answers used. */
export interface DataAge {
  readonly oldest: string;
  readonly newest: string;
  /** From the oldest to `today`. */
  readonly days: number;
}

export interface Plan {
  readonly workload: Workload;
  /** Those that fit come first, the cheapest of them foremost. */
  readonly answers: readonly Answer[];
  readonly recommendation: Recommendation;
  readonly data: DataAge;
}
