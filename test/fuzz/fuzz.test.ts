import { expect, test } from '@jest/globals';
import { TARGETS } from './targets.ts';
import { tryInputs } from './try-inputs.ts';

/** A look at each entrance; `npm run fuzz` tries for as long as it is told to. */
const INPUTS = 300;

test.each(TARGETS.map((target) => [target.name, target] as const))(
  '%s withstand hostile input',
  async (_name, target) => {
    expect(await tryInputs(target, { seed: 1, isOver: (inputs) => inputs >= INPUTS })).toBe(INPUTS);
  },
  60_000,
);
