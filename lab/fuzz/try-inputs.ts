import * as fc from 'fast-check';
import type { OpenTarget, Target } from './target.ts';

export interface Tries {
  readonly seed: number;
  /** Stops between two inputs when it returns true. */
  readonly isOver: (inputs: number) => boolean;
}

/** Inputs of one generation: the generator's bias from simple to complex begins anew with each. */
const GENERATION = 500;

/** Inputs can be huge: a report shows their beginning. */
const SHOWN_CHARS = 500;

/** As fast-check's own, with the input in short. */
function reporter({ failed, seed, counterexamplePath, counterexample, errorInstance }: fc.RunDetails<[unknown]>): void {
  if (!failed) return;
  const input = fc.stringify(counterexample?.[0]).slice(0, SHOWN_CHARS);
  throw new Error(`seed ${seed}, path ${counterexamplePath}: ${input}`, { cause: errorInstance });
}

/**
 * Gives a target one input after the other, and looks whether it still does its work.
 * @returns how many inputs it was given
 * @throws Error with the shortest input found that fails, and its seed
 */
export async function tryInputs(target: Target, { seed, isOver }: Tries): Promise<number> {
  const open: OpenTarget<unknown> = await target.open();
  let inputs = 0;
  try {
    for (let generation = 0; !isOver(inputs); generation++) {
      await fc.assert(
        fc.asyncProperty(open.inputs, async (input) => {
          if (isOver(inputs)) return;
          inputs++;
          await open.try(input);
        }),
        { seed: seed + generation, numRuns: GENERATION, reporter },
      );
    }
    await open.check();
    return inputs;
  } finally {
    await open.close();
  }
}
