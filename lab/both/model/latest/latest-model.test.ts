/**
 * Every subscriber of a `latest` channel ends with the last version of each key, and never goes back: over the real publisher, hub
 * and client. `LANES_MODEL_RUNS`, `LANES_MODEL_SEED` and `LANES_MODEL_PATH` are those of `sequencing.test.ts`.
 */
import { expect, test } from '@jest/globals';
import { optionsFromEnvironment } from '../play-model.ts';
import { LATEST_MUTATIONS } from './latest-mutations.ts';
import { LATEST } from './latest-wiring.ts';
import { playLatest } from './play-latest.ts';

const { options, timeoutMs } = optionsFromEnvironment(200);

/** Ten times what the least noticeable mutation took in trials. */
const MAX_RUNS = 2_000;

test(
  'latest channels keep their promise in every interleaving',
  async () => {
    const report = await playLatest(LATEST, options);
    if (report !== undefined) throw new Error(report);
  },
  timeoutMs,
);

test.each(LATEST_MUTATIONS)(
  'the model notices $name',
  async ({ wiring, install }) => {
    const undo = install?.();
    try {
      const report = await playLatest({ ...LATEST, ...wiring }, { runs: MAX_RUNS, seed: 1, path: undefined, shrinks: false });
      expect(report).toMatch(/^(back|last): /m);
    } finally {
      undo?.();
    }
  },
  120_000,
);
