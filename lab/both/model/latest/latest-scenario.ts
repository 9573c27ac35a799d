import * as fc from 'fast-check';
import type { Crash } from '../../../../test/support/intercept.ts';
import { type Leg, leg } from '../scenario.ts';

/** What happens to one copy of a notification; `late`: it comes minutes later. */
export type LatestFate = 'deliver' | 'drop' | 'double' | 'delay' | 'late';

export interface LatestPublication {
  readonly key: string;
  readonly removes: boolean;
  /** Of its first try; then it is published again. */
  readonly crash: Crash | undefined;
  readonly afterMs: number;
}

export interface LatestDay {
  readonly publishers: readonly (readonly LatestPublication[])[];
  /** How the time passes, besides for those who wait for it. */
  readonly timeMs: readonly number[];
}

export interface LatestScenario {
  readonly fates: readonly LatestFate[];
  /** Each consumer's legs. All but the first leave for the night. */
  readonly consumers: readonly (readonly Leg[])[];
  readonly days: readonly LatestDay[];
  /** Between two days: everything of the first expires in the longest. */
  readonly nightMs: number;
  /** Whether reads for comparisons lack what was written last. */
  readonly lags: boolean;
}

const publication: fc.Arbitrary<LatestPublication> = fc.record({
  key: fc.constantFrom('x', 'x', 'y'),
  removes: fc.constantFrom(false, false, true),
  crash: fc.option(fc.record({ atCall: fc.integer({ min: 1, max: 2 }), when: fc.constantFrom('before', 'after') }), { nil: undefined }),
  // Some write just before the tasks compare.
  afterMs: fc.constantFrom(0, 0, 1_000, 29_000),
});

const day: fc.Arbitrary<LatestDay> = fc.record({
  publishers: fc.array(fc.array(publication, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  timeMs: fc.array(fc.constantFrom(50, 1_500, 6_000), { maxLength: 3 }),
});

/** Everything that a run of a `latest` channel does; in which order, the scheduler says. */
export const latestScenario: fc.Arbitrary<LatestScenario> = fc.record({
  fates: fc.array(fc.constantFrom<LatestFate>('deliver', 'deliver', 'drop', 'double', 'delay', 'late'), { minLength: 1, maxLength: 8 }),
  consumers: fc.array(fc.array(leg, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  days: fc.array(day, { minLength: 1, maxLength: 2 }),
  nightMs: fc.constantFrom(60_000, 250_000, 700_000),
  lags: fc.boolean(),
});
