import type { CapacityId } from './data/capacity.ts';
import { ASSUMED, factsOf, withFigure } from './facts.ts';
import type { Option, OptionId } from './option.ts';
import { answerOf, bestFor } from './plan.ts';
import { roundInput, withNumber } from './presets.ts';
import { NUMBERS, type NumberId, type Workload } from './workload.ts';

/** How far one number moves the cost of an option, and whether it turns the choice around. */
export interface Effect {
  readonly id: NumberId | CapacityId;
  readonly kind: 'input' | 'assumption';
  readonly label: string;
  /** Values that were tried: half and double of an input, the ends of an assumption's range. */
  readonly values: readonly [low: number, high: number];
  readonly usdPerMonth: readonly [atLow: number, atHigh: number];
  /** What is best at each end. */
  readonly best: readonly [atLow: OptionId | undefined, atHigh: OptionId | undefined];
}

export const swingOf = ({ usdPerMonth: [low, high] }: Effect): number => Math.abs(high - low);

/** What moves the cost of an option most, first. */
export function sensitivity(workload: Workload, option: Option): readonly Effect[] {
  const facts = factsOf(workload.region);

  const inputs = (Object.keys(NUMBERS) as NumberId[]).map((id): Effect => {
    const low = roundInput(id, Math.max(NUMBERS[id].min, workload[id] / 2));
    const high = Math.min(NUMBERS[id].max, workload[id] * 2);
    const ends = [withNumber(workload, id, low) ?? workload, withNumber(workload, id, high) ?? workload] as const;
    const [atLow, atHigh] = ends.map((changed) => ({
      usd: answerOf(option, changed, facts).usdPerMonth,
      best: bestFor(changed, facts),
    })) as unknown as [End, End];
    return effect('input', id, NUMBERS[id].label, [low, high], atLow, atHigh);
  });
  const assumptions = ASSUMED.map(({ id, figure }): Effect => {
    const [atLow, atHigh] = figure.range.map((value) => {
      const changed = withFigure(facts, id, value);
      return { usd: answerOf(option, workload, changed).usdPerMonth, best: bestFor(workload, changed) };
    }) as unknown as [End, End];
    return effect('assumption', id, figure.unit, figure.range, atLow, atHigh);
  });
  return [...inputs, ...assumptions].toSorted((a, b) => swingOf(b) - swingOf(a));
}

interface End {
  readonly usd: number;
  readonly best: OptionId | undefined;
}

const effect = (
  kind: Effect['kind'],
  id: Effect['id'],
  label: string,
  values: readonly [number, number],
  atLow: End,
  atHigh: End,
): Effect => ({ id, kind, label, values, usdPerMonth: [atLow.usd, atHigh.usd], best: [atLow.best, atHigh.best] });
