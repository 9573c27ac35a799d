import { roundsOf } from './plan.ts';
import { type Failure, MODES, type Round, SUITES } from './rounds.ts';

const HOW = { unpinned: 'on all cores', pinned: 'on one core', busy: 'beside two busy loops' } as const;

/** All rounds in numbers, then each test that failed in one of them, with the command that runs its file so again. */
export function formatReport(rounds: readonly Round[]): string {
  const numbers = SUITES.flatMap((suite) =>
    MODES.map((mode) => ({ suite, mode, had: roundsOf(rounds, { suite, mode }) }))
      .filter(({ had }) => had.length > 0)
      .map(({ mode, had }) => `  ${suite} ${HOW[mode]}: ${formatRounds(had)}`),
  );
  const failed = failuresByTest(rounds);
  const verdict = failed.length === 0 ? 'No test failed in any of them.' : `${count(failed.length, 'test')} failed at least once:`;
  return [`${count(rounds.length, 'round')}:`, ...numbers, '', verdict, ...failed.map(formatFailed)].join('\n');
}

interface FailedRound {
  readonly round: Round;
  readonly failure: Failure;
}

/** Those that failed most come first. */
function failuresByTest(rounds: readonly Round[]): readonly (readonly FailedRound[])[] {
  const failed = rounds.flatMap((round) => round.failures.map((failure) => ({ round, failure })));
  const byTest = Map.groupBy(failed, ({ failure }) => nameOf(failure));
  return [...byTest.values()].sort((one, other) => other.length - one.length);
}

const nameOf = ({ file, test }: Failure) => (file === '' ? test : `${file}: ${test}`);

function formatRounds(had: readonly Round[]): string {
  const red = had.filter(({ failures }) => failures.length > 0).length;
  const tests = had.reduce((sum, round) => sum + round.tests, 0);
  const seconds = had.reduce((sum, { durationMs }) => sum + durationMs, 0) / had.length / 1_000;
  return `${count(had.length, 'round')}, ${red} of them failed; ${count(tests, 'test')}; ${seconds.toFixed(0)} s a round`;
}

function formatFailed(failed: readonly FailedRound[]): string {
  const [first] = failed;
  if (first === undefined) return '';
  const times = failed.map(
    ({ round, failure }) =>
      `  ${round.suite} ${HOW[round.mode]}, seed ${round.seed}, commit ${round.commit}: ${failure.message}${round.log === undefined ? '' : ` (${round.log})`}`,
  );
  return ['', nameOf(first.failure), ...times, `  again: ${commandFor(first)}`].join('\n');
}

/** The command that runs a failed test's file again: in the mode of the round, its tests in the same order. */
export function commandFor({ round: { suite, mode, seed }, failure }: FailedRound): string {
  const only = failure.file === '' ? '' : ` --only ${failure.file}`;
  return `npm run test:steady -- --suites ${suite} --modes ${mode} --seed ${seed}${only}`;
}

/** `1 test`, `2,771 tests`. */
function count(n: number, what: string): string {
  return `${n.toLocaleString('en-US')} ${what}${n === 1 ? '' : 's'}`;
}
