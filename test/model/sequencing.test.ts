/**
 * P1 to P3 over the real protocol: publishers that crash, a topic that cannot be relied upon, tasks that lag, consumers of both
 * lanes that come and go. `LANES_MODEL_RUNS` sets how many interleavings are played, `LANES_MODEL_SEED` and `LANES_MODEL_PATH` play
 * one again.
 */
import { test } from '@jest/globals';
import { assertModel } from './assert-model.ts';
import { PROTOCOL } from './wiring.ts';

test('the protocol keeps its promises in every interleaving', () => assertModel(PROTOCOL, 1_500), 120_000);
