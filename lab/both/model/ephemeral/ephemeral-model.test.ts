/** Ephemeral channels: nothing waits, and a publisher's events come in order, each once at most. As `../sequencing.test.ts`. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { check, type ModelOptions } from '../play-model.ts';
import { drawnSteps } from '../steps.ts';
import { EPHEMERAL_MUTATIONS } from './ephemeral-mutations.ts';
import { runEphemeral } from './ephemeral-run.ts';
import { ephemeralScenario } from './ephemeral-scenario.ts';

const { LANES_MODEL_RUNS: runs = '100', LANES_MODEL_SEED: seed, LANES_MODEL_PATH: path } = process.env;

/** Ten times what a run takes on a busy machine. */
const MS_PER_RUN = 500;

/** Ten times what the least noticeable mutation took in trials. */
const MAX_RUNS = 1_000;

const play = (options: ModelOptions) =>
  check(
    fc.asyncProperty(ephemeralScenario, fc.scheduler(), (plan, scheduler) => runEphemeral(plan, drawnSteps(scheduler))),
    options,
  );

test(
  'ephemeral channels keep what they promise in every interleaving',
  async () => {
    const report = await play({
      runs: Number(runs),
      seed: seed === undefined ? undefined : Number(seed),
      path,
      shrinks: path !== undefined,
    });
    if (report !== undefined) throw new Error(report);
  },
  Math.max(60_000, Number(runs) * MS_PER_RUN),
);

test.each(EPHEMERAL_MUTATIONS)(
  'the model notices $name',
  async ({ install }) => {
    const undo = install();
    try {
      expect(await play({ runs: MAX_RUNS, seed: 1, path: undefined, shrinks: false })).toMatch(/^(waits|order|late): /m);
    } finally {
      undo();
    }
  },
  120_000,
);
