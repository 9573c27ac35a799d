/** The model, systematically: a small part of what `npm run explore` plays. */
import { expect, test } from '@jest/globals';
import { EXPLORABLE_MUTATIONS, PROMISED } from './explorable.ts';
import { replay } from './explore.ts';
import { describeBroken } from './report.ts';
import { formatSchedule, parseSchedule } from './schedule.ts';
import { MUTATION_RUNS, search, searchMutation } from './search.ts';

/** Of every configuration a sample: the first interleavings with each number of preemptions. */
const SAMPLE_RUNS = 4;

test('every configuration keeps the promises', async () => {
  for (const configuration of PROMISED) {
    const { broken } = await search(configuration, { maxPreemptions: 3, maxRuns: SAMPLE_RUNS });
    if (broken !== undefined) throw new Error(describeBroken(broken));
  }
}, 120_000);

test.each(EXPLORABLE_MUTATIONS)(
  '$name is found systematically, and again by its schedule',
  async (mutation) => {
    const { broken } = await searchMutation(mutation, { maxPreemptions: 3, maxRuns: MUTATION_RUNS });
    expect(broken?.error.message).toMatch(/^(P1|P2|P3|key|baseline|back|last|waits|order|late): /);
    const schedule = parseSchedule(formatSchedule(broken?.schedule ?? new Map()));
    const configuration = mutation.configurations.find(({ name }) => name === broken?.configuration);
    const undo = mutation.install?.();
    try {
      await expect(configuration?.play(replay(schedule ?? new Map()))).rejects.toThrow(broken?.error.message.split('\n', 1)[0] ?? '');
    } finally {
      undo?.();
    }
  },
  120_000,
);
