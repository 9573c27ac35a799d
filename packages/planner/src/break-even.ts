import { bisect } from './bisect.ts';
import { factsOf, withFigure } from './facts.ts';
import type { Option, OptionId } from './option.ts';
import { answerOf, bestOf } from './plan.ts';
import { roundInput, withNumber } from './presets.ts';
import type { NumberId, Workload } from './workload.ts';

/** Values of an input, spaced evenly on a log scale. @param low above 0 */
export function logSteps(low: number, high: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => low * (high / low) ** (index / Math.max(1, count - 1)));
}

export interface Point {
  readonly value: number;
  readonly usdPerMonth: Readonly<Partial<Record<OptionId, number>>>;
  /** Options that do not fit there. */
  readonly unfit: readonly OptionId[];
  /** The best of these options; undefined where none fits. */
  readonly best: OptionId | undefined;
  /** What would be best if what others built took no work. */
  readonly bestWithoutWork: OptionId | undefined;
}

/** What options cost along an input. Values that make no sense with the rest of the workload are left out. */
export function costsAlong(workload: Workload, input: NumberId, values: readonly number[], options: readonly Option[]): readonly Point[] {
  const facts = factsOf(workload.region);
  const withoutWork = withFigure(facts, 'integrationUsdPerMonth', 0);
  return values.flatMap((between) => {
    const value = roundInput(input, between);
    const changed = withNumber(workload, input, value);
    if (changed === undefined) return [];
    const answers = options.map((option) => answerOf(option, changed, facts));
    return [
      {
        value,
        usdPerMonth: Object.fromEntries(answers.map(({ option, usdPerMonth }) => [option.id, usdPerMonth])),
        unfit: answers.filter(({ fits }) => !fits).map(({ option }) => option.id),
        best: bestOf(answers, facts)?.option.id,
        bestWithoutWork: bestOf(answers, withoutWork)?.option.id,
      },
    ];
  });
}

/** Two options cost the same at this value. */
export interface Crossing {
  readonly value: number;
  readonly cheaperBelow: OptionId;
  readonly cheaperAbove: OptionId;
}

/** Between two of so many values a second crossing would go unseen. */
const SAMPLES = 200;
const HALVINGS = 40;

/**
 * Every value between `low` and `high` at which two options change places. None: one of them is cheaper all the way, or they
 * cannot be compared there.
 */
export function breakEven(
  [a, b]: readonly [Option, Option],
  workload: Workload,
  input: NumberId,
  [low, high]: readonly [low: number, high: number],
): readonly Crossing[] {
  const differenceAt = (value: number): number | undefined => {
    const [point] = costsAlong(workload, input, [value], [a, b]);
    return point && (point.usdPerMonth[a.id] ?? 0) - (point.usdPerMonth[b.id] ?? 0);
  };
  const sampled = logSteps(low, high, SAMPLES).flatMap((value) => {
    const difference = differenceAt(value);
    return difference === undefined || difference === 0 ? [] : [{ value, difference }];
  });

  return sampled.flatMap((right, index) => {
    const left = sampled[index - 1];
    if (left === undefined || left.difference > 0 === right.difference > 0) return [];
    const [cheaperBelow, cheaperAbove] = left.difference < 0 ? [a.id, b.id] : [b.id, a.id];
    const isBeyond = (value: number) => (differenceAt(value) ?? 0) > 0 !== left.difference > 0;
    const [, above] = bisect([left.value, right.value], HALVINGS, isBeyond);
    return [{ value: roundInput(input, above), cheaperBelow, cheaperAbove }];
  });
}
