import { bisect } from './bisect.ts';
import { factsOf } from './facts.ts';
import type { Option, OptionId } from './option.ts';
import { answerOf } from './plan.ts';
import { roundInput, withNumber } from './presets.ts';
import type { NumberId, Workload } from './workload.ts';

/** Where a growing or shrinking input meets a limit. */
export interface LimitCrossing {
  readonly value: number;
  readonly label: string;
  /** On which side of the value it is exceeded. */
  readonly exceeded: 'above' | 'below';
  readonly adjustable: boolean;
  /** Whose limit it is: options with the same tasks meet it together. */
  readonly options: readonly OptionId[];
}

/** Halvings between two values: closer than any reader looks. */
const HALVINGS = 20;

const LATE = 'Delivery (p99) is later than tolerated';

/**
 * Every value of an input at which an option meets a limit, or delivers too late, in order.
 * @param values in rising order, each above 0; a limit that is met and left between two of them goes unseen
 */
export function limitsAlong(
  options: readonly Option[],
  workload: Workload,
  input: NumberId,
  values: readonly number[],
): readonly LimitCrossing[] {
  const crossings = options.flatMap((option) => crossingsOf(option, workload, input, values));
  const together = Map.groupBy(crossings, ({ label, value, exceeded }) => `${label} ${exceeded} ${value.toPrecision(3)}`);
  return [...together.values()]
    .flatMap(([first, ...others]) => (first ? [{ ...first, options: [first, ...others].flatMap((crossing) => crossing.options) }] : []))
    .toSorted((a, b) => a.value - b.value);
}

function crossingsOf(option: Option, workload: Workload, input: NumberId, values: readonly number[]): readonly LimitCrossing[] {
  const facts = factsOf(workload.region);
  /** Labels of exceeded limits, and whether each is adjustable; undefined where the value makes no sense with the others. */
  const exceededAt = (value: number): ReadonlyMap<string, boolean> | undefined => {
    const changed = withNumber(workload, input, roundInput(input, value));
    if (changed === undefined) return undefined;
    const { limits, delivery } = answerOf(option, changed, facts);
    const exceeded = limits.filter(({ use, allowed }) => use > allowed).map(({ label, adjustable }) => [label, adjustable] as const);
    return new Map(delivery.p99Ms > changed.deliverWithinMs ? [...exceeded, [LATE, false]] : exceeded);
  };
  const sampled = values.flatMap((value) => {
    const exceeded = exceededAt(value);
    return exceeded === undefined ? [] : [{ value, exceeded }];
  });

  return sampled.flatMap((right, index) => {
    const left = sampled[index - 1];
    if (left === undefined) return [];
    const changed = [...new Map([...left.exceeded, ...right.exceeded])].filter(
      ([label]) => left.exceeded.has(label) !== right.exceeded.has(label),
    );
    return changed.map(([label, adjustable]): LimitCrossing => {
      const isBeyond = (value: number) => exceededAt(value)?.has(label) === right.exceeded.has(label);
      const [below, above] = bisect([left.value, right.value], HALVINGS, isBeyond);
      // Of a count, the last number that is not exceeded.
      const [exceeded, value] = right.exceeded.has(label) ? (['above', below] as const) : (['below', above] as const);
      return { value: roundInput(input, value), label, adjustable, exceeded, options: [option.id] };
    });
  });
}
