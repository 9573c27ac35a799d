import type { OptionId } from './option.ts';
import { withNumber } from './presets.ts';
import { NUMBERS, type NumberId, type Workload } from './workload.ts';

/** The value of an input at which the answer changes. */
export interface Flip {
  readonly input: NumberId;
  readonly label: string;
  readonly unit: string;
  readonly from: number;
  readonly to: number;
  /** What is best beyond it; undefined where nothing fits any more. */
  readonly towards: OptionId | undefined;
}

export type BestOption = (workload: Workload) => OptionId | undefined;

/** Steps of a search: 2^(1/2) up to a factor of a thousand either way. */
const STEP = Math.SQRT2;
const STEPS = 20;

/** Halvings between two steps: a thousandth of the value. */
const HALVINGS = 10;

/** Where another option becomes the best, with the least change of one number; where none does, what makes all of them unfit. */
export function nearestFlip(workload: Workload, best: OptionId, bestOption: BestOption): Flip | undefined {
  const flips = (Object.keys(NUMBERS) as NumberId[]).flatMap((input) => flipsOf(workload, input, best, bestOption));
  const distance = ({ from, to }: Flip) => Math.abs(Math.log(to / from));
  const nearestFirst = flips.toSorted((a, b) => distance(a) - distance(b));
  return nearestFirst.find(({ towards }) => towards !== undefined) ?? nearestFirst[0];
}

/** The nearest change up and the nearest change down of one input. */
export function flipsOf(workload: Workload, input: NumberId, best: OptionId, bestOption: BestOption): readonly Flip[] {
  const from = workload[input];
  if (from === 0) return [];
  const bestAt = (value: number) => {
    const changed = withNumber(workload, input, value);
    return changed === undefined ? ('invalid' as const) : { best: bestOption(changed) };
  };

  return [STEP, 1 / STEP].flatMap((step) => {
    let same = from;
    for (let count = 1; count <= STEPS; count++) {
      let other = from * step ** count;
      const found = bestAt(other);
      if (found === 'invalid') return [];
      if (found.best === best) {
        same = other;
        continue;
      }
      let towards = found.best;
      for (let halving = 0; halving < HALVINGS; halving++) {
        const middle = Math.sqrt(same * other);
        const there = bestAt(middle);
        if (there !== 'invalid' && there.best !== best) {
          other = middle;
          towards = there.best;
        } else {
          same = middle;
        }
      }
      const { label, unit } = NUMBERS[input];
      return [{ input, label, unit, from, to: other, towards }];
    }
    return [];
  });
}
