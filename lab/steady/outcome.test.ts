import { expect, test } from '@jest/globals';
import { outcomeOf } from './outcome.ts';

interface File {
  readonly status: string;
  readonly message?: string;
  readonly assertionResults?: readonly object[];
}

const report = (...files: readonly File[]) =>
  JSON.stringify({
    numTotalTests: 3,
    testResults: files.map((file) => ({ name: '/repository/test/a.test.ts', message: '', assertionResults: [], ...file })),
  });

const passed = { fullName: 'block passes', status: 'passed', failureMessages: [] };

test('a run in which all passed has no failures', () => {
  expect(outcomeOf(report({ status: 'passed', assertionResults: [passed] }), 0, '/repository')).toEqual({ tests: 3, failures: [] });
});

test('a failed test is named by its file and its blocks, with the first line of its message', () => {
  const failed = { fullName: 'block fails', status: 'failed', failureMessages: ['\x1b[31mError: no\x1b[39m\n    at there'] };
  const { failures } = outcomeOf(report({ status: 'failed', assertionResults: [passed, failed] }), 1, '/repository');
  expect(failures).toEqual([{ file: 'test/a.test.ts', test: 'block fails', message: 'Error: no' }]);
});

test('a file that cannot be loaded is a failure', () => {
  const { failures } = outcomeOf(report({ status: 'failed', message: '\nSyntaxError: Unexpected token' }), 1, '/repository');
  expect(failures).toEqual([{ file: 'test/a.test.ts', test: '(the file)', message: 'SyntaxError: Unexpected token' }]);
});

test.each([
  ['that failed though its tests passed', report({ status: 'passed' }), 1],
  ['that came to no report', undefined, 134],
  ['that a signal ended', undefined, null],
])('a run %s is a failure', (_, text, exitCode) => {
  const { failures } = outcomeOf(text, exitCode, '/repository');
  expect(failures).toEqual([{ file: '', test: '(the run)', message: `Jest ended with ${exitCode}, and no test failed` }]);
});
