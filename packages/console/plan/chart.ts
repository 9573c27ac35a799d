import { breakEven, type Crossing, costsAlong, logSteps, type Point } from '../../planner/src/break-even.ts';
import { type LimitCrossing, limitsAlong } from '../../planner/src/limits-along.ts';
import type { OptionId } from '../../planner/src/option.ts';
import { optionOf } from '../../planner/src/options.ts';
import type { Plan } from '../../planner/src/plan.ts';
import { roundInput } from '../../planner/src/presets.ts';
import { NUMBERS, type NumberId, type Workload } from '../../planner/src/workload.ts';
import { leastOf } from './stops.ts';

export interface ChartLine {
  readonly id: OptionId;
  readonly label: string;
  /** USD a month at each value; undefined where the value makes no sense with the rest of the workload. */
  readonly usdPerMonth: readonly (number | undefined)[];
  /** Whether the option fits there. */
  readonly fits: readonly boolean[];
}

/** What options cost along an input, and where they change places or meet a limit. */
export interface Chart {
  readonly along: NumberId;
  readonly current: number;
  /** In rising order, spaced evenly on a log scale. */
  readonly values: readonly number[];
  readonly lines: readonly ChartLine[];
  readonly limits: readonly LimitCrossing[];
  readonly crossings: readonly Crossing[];
  /** The same at a few values, for readers. */
  readonly rows: readonly Point[];
}

/** Values at which the plot's lines are drawn, and those of its table. */
const VALUES = 81;
const ROWS = 9;

/** Of so many options every pair is compared, of more the first one with each other. */
const ALL_PAIRS = 3;

/** Factors of ten to each side of the current value. */
const DECADES = 2;

/** Whole decades around the current value. */
export function rangeOf(id: NumberId, current: number): readonly [low: number, high: number] {
  const least = leastOf(id);
  const around = Math.max(current, least);
  const low = 10 ** (Math.floor(Math.log10(around)) - DECADES);
  const high = 10 ** (Math.ceil(Math.log10(around)) + DECADES);
  return [Math.max(low, least), Math.min(high, NUMBERS[id].max)];
}

/** Options to compare where a user has chosen none: the best, the runner-up, and the lanes. */
export function optionsToCompare({ answers, recommendation }: Plan): readonly OptionId[] {
  const runnerUp = recommendation.kind === 'none' ? undefined : recommendation.runnerUp;
  return answers
    .filter(({ option, fits }, place) => (place === 0 && fits) || option.id === runnerUp || option.id.endsWith('-lane'))
    .map(({ option }) => option.id);
}

export function chartOf(workload: Workload, along: NumberId, compared: readonly OptionId[]): Chart {
  const options = compared.map(optionOf);
  const range = rangeOf(along, workload[along]);
  const steps = (count: number) => [...new Set(logSteps(...range, count).map((value) => roundInput(along, value)))];
  const values = steps(VALUES);
  const points = new Map(costsAlong(workload, along, values, options).map((point) => [point.value, point]));
  const lines = options.map(({ id, label }): ChartLine => {
    const at = values.map((value) => points.get(value));
    return {
      id,
      label,
      usdPerMonth: at.map((point) => point?.usdPerMonth[id]),
      fits: at.map((point) => point !== undefined && !point.unfit.includes(id)),
    };
  });
  // Of many, every pair would be a page of its own.
  const pairs = options.flatMap((a, place) => options.slice(place + 1).map((b) => [a, b] as const));
  const crossed = options.length <= ALL_PAIRS ? pairs : pairs.slice(0, options.length - 1);

  return {
    along,
    current: workload[along],
    values,
    lines,
    limits: limitsAlong(options, workload, along, values),
    crossings: crossed.flatMap((pair) => breakEven(pair, workload, along, range)),
    rows: costsAlong(workload, along, steps(ROWS), options),
  };
}
