import { relative } from 'node:path';
import * as v from 'valibot';
import type { Failure } from './rounds.ts';

/** What Jest writes with `--json`, as far as it is used. */
const report = v.object({
  numTotalTests: v.number(),
  testResults: v.array(
    v.object({
      name: v.string(),
      status: v.string(),
      message: v.string(),
      assertionResults: v.array(v.object({ fullName: v.string(), status: v.string(), failureMessages: v.array(v.string()) })),
    }),
  ),
});

/** What came of a round. */
export interface Outcome {
  readonly tests: number;
  readonly failures: readonly Failure[];
}

/**
 * @param text Jest's report; undefined when it came to none
 * @param exitCode Jest's; a run may fail though each of its tests passed, as where a global teardown throws
 */
export function outcomeOf(text: string | undefined, exitCode: number | null, root: string): Outcome {
  const { numTotalTests, testResults } = text === undefined ? { numTotalTests: 0, testResults: [] } : v.parse(report, JSON.parse(text));
  const failures = testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults
      .filter((result) => result.status === 'failed')
      .map(({ fullName, failureMessages }) => ({ file, test: fullName, message: firstLine(failureMessages.join('\n')) }));
    // A file that cannot be loaded has no tests that could fail.
    return failed.length === 0 && status === 'failed' ? [{ file, test: '(the file)', message: firstLine(message) }] : failed;
  });
  const unexplained = failures.length === 0 && exitCode !== 0;
  const ofTheRun = { file: '', test: '(the run)', message: `Jest ended with ${exitCode}, and no test failed` };
  return { tests: numTotalTests, failures: unexplained ? [ofTheRun] : failures };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: Jest colours its messages.
const COLOURS = /\x1b\[[\d;]*m/g;

function firstLine(text: string): string {
  const [line = ''] = text.replace(COLOURS, '').trimStart().split('\n');
  return line;
}
