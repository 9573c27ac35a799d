/**
 * P1 to P3 over the real protocol: publishers that crash, a topic that cannot be relied upon, tasks that lag, consumers of both
 * lanes that come and go. `LANES_MODEL_RUNS` sets how many interleavings are played, other ones every time; `LANES_MODEL_SEED` and
 * `LANES_MODEL_PATH`, from the report of a failure, play one again and look for a smaller one that fails too.
 */
import { test } from '@jest/globals';
import { optionsFromEnvironment, playModel } from './play-model.ts';
import { PROTOCOL } from './wiring.ts';

const { options, timeoutMs } = optionsFromEnvironment(400);

test(
  'the protocol keeps its promises in every interleaving',
  async () => {
    const report = await playModel(PROTOCOL, options);
    if (report !== undefined) throw new Error(report);
  },
  timeoutMs,
);
