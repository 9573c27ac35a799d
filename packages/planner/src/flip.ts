import type { OptionId } from './option.ts';
import { roundInput, withNumber } from './presets.ts';
import { NUMBERS, type NumberId, type Workload } from './workload.ts';

/** The value of an input at which the answer changes. */
export interface Flip {
  readonly input: NumberId;
  readonly from: number;
  /** Of an input that counts, the first number with another answer. */
  readonly to: number;
  /** What is best now; undefined where nothing fits. */
  readonly away: OptionId | undefined;
  /** What is best beyond it; undefined where nothing fits any more. */
  readonly towards: OptionId | undefined;
}

/** What is best for a workload; undefined where nothing fits. */
export type Choose = (workload: Workload) => OptionId | undefined;

/** Steps of a search, up to a factor of a thousand. A flip there and back within a step goes unseen. */
const STEP = 1.25;
const STEPS = 31;

/** Halvings of a step: far below a thousandth of the value. */
const HALVINGS = 10;

const NUMBER_IDS = Object.keys(NUMBERS) as readonly NumberId[];

/** The least changes of one number that make something else the best, nearest first: up and down, of any number and of the connections. */
export function nearestFlips(workload: Workload, choose: Choose): readonly Flip[] {
  const away = choose(workload);
  const flips = [STEP, 1 / STEP].flatMap((step) => [
    ...nearestOf(workload, NUMBER_IDS, step, away, choose),
    ...nearestOf(workload, ['connections'], step, away, choose),
  ]);
  const isFirst = (flip: Flip, place: number) => flips.findIndex(({ input, to }) => input === flip.input && to === flip.to) === place;
  return flips.filter(isFirst).toSorted((a, b) => distance(a) - distance(b));
}

const distance = ({ from, to }: Flip): number => Math.abs(Math.log(to / from));

/** Goes away from the current values step by step, all inputs together, so that the search ends at the first flip. */
function nearestOf(
  workload: Workload,
  inputs: readonly NumberId[],
  step: number,
  away: OptionId | undefined,
  choose: Choose,
): readonly Flip[] {
  // A number that is 0 has no multiples.
  const open = inputs.filter((input) => workload[input] > 0);
  for (let count = 1; count <= STEPS; count++) {
    const flips = open.flatMap((input) => {
      const at = (steps: number) => roundInput(input, workload[input] * step ** steps);
      return flipBetween(workload, input, at(count - 1), at(count), away, choose);
    });
    if (flips.length > 0) return flips.toSorted((a, b) => distance(a) - distance(b)).slice(0, 1);
  }
  return [];
}

/** None where the answer beyond is the same, or the value makes no sense with the others. */
function flipBetween(
  workload: Workload,
  input: NumberId,
  near: number,
  far: number,
  away: OptionId | undefined,
  choose: Choose,
): readonly Flip[] {
  const changed = withNumber(workload, input, far);
  if (changed === undefined) return [];
  let towards = choose(changed);
  if (towards === away) return [];

  let [same, other] = [near, far];
  const { whole } = NUMBERS[input];
  for (let halving = 0; whole ? Math.abs(other - same) > 1 : halving < HALVINGS; halving++) {
    const middle = whole ? Math.floor((same + other) / 2) : Math.sqrt(same * other);
    const between = withNumber(workload, input, middle);
    const there = between === undefined ? away : choose(between);
    if (there === away) {
      same = middle;
    } else {
      other = middle;
      towards = there;
    }
  }
  return [{ input, from: workload[input], to: other, away, towards }];
}
