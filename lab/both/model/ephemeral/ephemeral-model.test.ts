/** Ephemeral channels: nothing waits, and a publisher's events come in order, each once at most. As `../sequencing.test.ts`. */
import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { check, type ModelOptions, optionsFromEnvironment } from '../play-model.ts';
import { drawnSteps } from '../steps.ts';
import { EPHEMERAL_MUTATIONS } from './ephemeral-mutations.ts';
import { runEphemeral } from './ephemeral-run.ts';
import { ephemeralScenario } from './ephemeral-scenario.ts';

const { options, timeoutMs } = optionsFromEnvironment(100);

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
    const report = await play(options);
    if (report !== undefined) throw new Error(report);
  },
  timeoutMs,
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
