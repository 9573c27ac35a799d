/**
 * Every subscriber of a `latest` channel ends with the last version of each key, and never goes back: over the real publisher, hub
 * and client. `LANES_MODEL_RUNS`, `LANES_MODEL_SEED` and `LANES_MODEL_PATH` are those of `sequencing.test.ts`.
 */
import { expect, test } from '@jest/globals';
import { LATEST_MUTATIONS } from './latest-mutations.ts';
import { LATEST } from './latest-wiring.ts';
import { playLatest } from './play-latest.ts';

const { LANES_MODEL_RUNS: runs = '200', LANES_MODEL_SEED: seed, LANES_MODEL_PATH: path } = process.env;

/** Ten times what a run takes on a busy machine. */
const MS_PER_RUN = 500;

/** Ten times what the least noticeable mutation took in trials. */
const MAX_RUNS = 2_000;

test(
  'latest channels keep their promise in every interleaving',
  async () => {
    const options = { runs: Number(runs), seed: seed === undefined ? undefined : Number(seed), path, shrinks: path !== undefined };
    const report = await playLatest(LATEST, options);
    if (report !== undefined) throw new Error(report);
  },
  Math.max(60_000, Number(runs) * MS_PER_RUN),
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
