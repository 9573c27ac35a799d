/** Each rule of the protocol, broken on purpose: a model that does not notice proves nothing. */
import { expect, test } from '@jest/globals';
import { MUTATIONS, mutate } from './mutations.ts';
import { playModel } from './play-model.ts';

/** Ten times what the least noticeable mutation took in trials. */
const MAX_RUNS = 3_000;

/** A fixed one: whether this test passes must not depend on luck. */
const SEED = 1;

test.each(MUTATIONS)(
  'the model notices $name',
  async (mutation) => {
    const undo = mutation.install?.();
    try {
      const report = await playModel(mutate(mutation), { runs: MAX_RUNS, seed: SEED, path: undefined, shrinks: false });
      expect(report).toMatch(/^(P1|P2|P3|key|baseline): /m);
    } finally {
      undo?.();
    }
  },
  120_000,
);
