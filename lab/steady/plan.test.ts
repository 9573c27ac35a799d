import { expect, test } from '@jest/globals';
import { nextTurn, type Turn } from './plan.ts';
import { MODES, type Mode, type Round, SUITES } from './rounds.ts';
import { aRound } from './samples.ts';

/** The turns that follow each other, from what earlier runs have left. */
function turns(n: number, earlier: readonly Round[] = [], modes: readonly Mode[] = MODES): readonly Turn[] {
  const rounds = [...earlier];
  for (let i = 0; i < n; i++) rounds.push(aRound(nextTurn(rounds, SUITES, modes)));
  return rounds.slice(earlier.length).map(({ suite, mode }) => ({ suite, mode }));
}

test('every suite has its turn in every mode, and then again', () => {
  const all = SUITES.flatMap((suite) => MODES.map((mode) => ({ suite, mode })));
  expect(turns(12)).toEqual([...all, ...all]);
});

test('a run goes on where the last one was stopped', () => {
  const earlier = [aRound({ suite: 'unit', mode: 'unpinned' }), aRound({ suite: 'unit', mode: 'pinned' })];
  expect(turns(2, earlier)).toEqual([
    { suite: 'unit', mode: 'busy' },
    { suite: 'e2e', mode: 'unpinned' },
  ]);
});

test('what was left out before is made up for', () => {
  const earlier = [aRound({ suite: 'unit', mode: 'unpinned' }), aRound({ suite: 'unit', mode: 'unpinned' })];
  expect(turns(5, earlier)).not.toContainEqual({ suite: 'unit', mode: 'unpinned' });
});

test('a mode that was not chosen has no turn', () => {
  expect(turns(4, [], ['busy']).map(({ mode }) => mode)).toEqual(['busy', 'busy', 'busy', 'busy']);
});
