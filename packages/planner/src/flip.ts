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
  /** Whether the one recommended now is only more expensive there, and would still do. */
  readonly stillFits: boolean;
}

/** What is best for a workload, and whether the option that is recommended now would do. */
export type Choose = (workload: Workload) => { readonly best: OptionId | undefined; readonly stillFits: boolean };

/** Steps of a search: doubled, or halved, up to a factor of a thousand. */
const STEP = 2;
const STEPS = 10;

/** Halvings between two steps: a thousandth of the value. */
const HALVINGS = 10;

/**
 * Where another option becomes the best, with the least change of one number: by its cost if there is such a number, else because the
 * one recommended now meets a limit, else where nothing fits any more.
 */
export function nearestFlip(workload: Workload, best: OptionId, choose: Choose): Flip | undefined {
  const flips = (Object.keys(NUMBERS) as NumberId[]).flatMap((input) => flipsOf(workload, input, best, choose));
  const distance = ({ from, to }: Flip) => Math.abs(Math.log(to / from));
  const nearestFirst = flips.toSorted((a, b) => distance(a) - distance(b));
  return nearestFirst.find(({ stillFits }) => stillFits) ?? nearestFirst.find(({ towards }) => towards !== undefined) ?? nearestFirst[0];
}

/** The nearest change up and the nearest change down of one input. */
export function flipsOf(workload: Workload, input: NumberId, best: OptionId, choose: Choose): readonly Flip[] {
  const from = workload[input];
  if (from === 0) return [];
  const bestAt = (value: number) => {
    const changed = withNumber(workload, input, value);
    return changed === undefined ? ('invalid' as const) : choose(changed);
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
      let beyond = found;
      for (let halving = 0; halving < HALVINGS; halving++) {
        const middle = Math.sqrt(same * other);
        const there = bestAt(middle);
        if (there !== 'invalid' && there.best !== best) {
          other = middle;
          beyond = there;
        } else {
          same = middle;
        }
      }
      const { label, unit } = NUMBERS[input];
      return [{ input, label, unit, from, to: other, towards: beyond.best, stillFits: beyond.stillFits }];
    }
    return [];
  });
}
