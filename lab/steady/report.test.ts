import { expect, test } from '@jest/globals';
import { formatReport } from './report.ts';
import { aRound } from './samples.ts';

const late = { file: 'test/a.test.ts', test: 'comes in time', message: 'Error: too late' };
const first = { file: 'test/b.test.ts', test: 'is the first', message: 'Error: there was another' };

test('rounds are counted by suite and mode', () => {
  const rounds = [aRound({}), aRound({ durationMs: 4_000 }), aRound({ suite: 'e2e', mode: 'busy', tests: 1 })];
  expect(formatReport(rounds)).toBe(
    `3 rounds:
  unit on all cores: 2 rounds, 0 of them failed; 2,000 tests; 3 s a round
  e2e beside two busy loops: 1 round, 0 of them failed; 1 test; 2 s a round

No test failed in any of them.`,
  );
});

test('a test that failed in one of many rounds is reported with how to run it so again', () => {
  const rounds = [aRound({}), aRound({ mode: 'pinned', seed: 7, failures: [late], log: 'seven.log' }), aRound({ mode: 'pinned' })];
  expect(formatReport(rounds)).toContain(
    `1 test failed at least once:

test/a.test.ts: comes in time
  unit on one core, seed 7, commit abc1234: Error: too late (seven.log)
  again: npm run test:steady -- --suites unit --modes pinned --seed 7 --only test/a.test.ts`,
  );
});

test('what failed most often comes first, and once', () => {
  const report = formatReport([aRound({ failures: [late, first] }), aRound({ failures: [first] })]);
  expect(report).toContain('2 tests failed');
  expect(report.indexOf('is the first')).toBeLessThan(report.indexOf('comes in time'));
  expect(report.match(/is the first/g)).toHaveLength(1);
});

test('a run that failed without a test is run again as a whole', () => {
  const report = formatReport([aRound({ suite: 'e2e', failures: [{ file: '', test: '(the run)', message: 'Jest ended with 1' }] })]);
  expect(report).toMatch(/^\(the run\)$/m);
  expect(report).toMatch(/--seed 1$/m);
});
