import type { Round } from './rounds.ts';

/** A round in which all went well, but for what is given. */
export function aRound(given: Partial<Round>): Round {
  return {
    suite: 'unit',
    mode: 'unpinned',
    seed: 1,
    commit: 'abc1234',
    finishedAt: '2026-11-29T22:00:00.000Z',
    durationMs: 2_000,
    tests: 1_000,
    failures: [],
    ...given,
  };
}
