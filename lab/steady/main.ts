/** `npm run test:steady`: repeats the tests until every mode has had its turns. `-- --help` tells the options. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Option } from 'commander';
import { createCommand, runCommand } from '../../command-line/command.ts';
import { positiveNumber, wholeNumber } from '../../command-line/values.ts';
import { canPin } from './machine.ts';
import { nextTurn, type Turn } from './plan.ts';
import { formatReport } from './report.ts';
import { keepRound, MODES, type Mode, type Round, readRounds, SUITES, type Suite } from './rounds.ts';
import { runRound } from './run-round.ts';

const ROOT = join(import.meta.dirname, '../..');
const ARTIFACTS = join(ROOT, 'test/.artifacts/steady');
const STATE = join(ARTIFACTS, 'rounds.jsonl');

/** What Jest takes as a seed, without the negative ones. */
const MAX_SEED = 2 ** 31 - 1;

/** Says that something this machine lacks was not checked, as `.ci/run` understands it. */
const UNAVAILABLE = 69;

interface Options {
  readonly minutes: number;
  readonly rounds?: number;
  readonly suites: readonly Suite[];
  readonly modes: readonly Mode[];
  readonly seed?: number;
  readonly only: readonly string[];
  readonly fresh: boolean;
}

function parse(argv: readonly string[]): Options {
  return createCommand(
    'test:steady',
    `Repeats the tests on all cores, on one core (by taskset), and beside two busy loops, always in random order, and reports every test that failed once. Each finished round is kept in ${relative(ROOT, STATE)}: the next run continues there, with what has had the fewest rounds. Ends with 1 when a test failed, and with 130 at Ctrl-C.`,
  )
    .addOption(new Option('--minutes <n>', 'begin no round after this time').default(60).argParser(positiveNumber(10_000)))
    .addOption(new Option('--rounds <n>', 'begin no more rounds than this').argParser(wholeNumber(1, 10_000)))
    .addOption(new Option('--suites <suite...>', 'which tests').choices(SUITES).default(SUITES, 'all'))
    .addOption(new Option('--modes <mode...>', 'how').choices(MODES).default(MODES, 'all'))
    .addOption(
      new Option('--seed <n>', 'the order of the tests in every round (default: another one each time)').argParser(
        wholeNumber(0, MAX_SEED),
      ),
    )
    .addOption(new Option('--only <file...>', 'files of tests, to look for a cause: their rounds are not kept').default([], 'all'))
    .addOption(new Option('--fresh', 'forget earlier rounds').default(false))
    .parse(argv as string[])
    .opts<Options>();
}

async function repeat(options: Options, signal: AbortSignal): Promise<number | undefined> {
  const { minutes, rounds: maxRounds = Number.POSITIVE_INFINITY, modes: wanted, only, fresh } = options;
  const modes = canPin() ? wanted : wanted.filter((mode) => mode !== 'pinned');
  if (modes.length < wanted.length) console.log('NOT RUN on one core: this machine has no taskset (on Debian, it is in util-linux)');
  if (modes.length === 0) return UNAVAILABLE;

  if (fresh) rmSync(STATE, { force: true });
  const rounds = only.length === 0 ? [...readRounds(STATE)] : [];
  const before = rounds.length;
  const endMs = performance.now() + minutes * 60_000;
  try {
    while (rounds.length - before < maxRounds && performance.now() < endMs) {
      rounds.push(await takeTurn(nextTurn(rounds, options.suites, modes), options, signal));
    }
  } catch (error) {
    // What has finished by then is reported.
    if (!signal.aborted) throw error;
  }
  console.log(`\n${formatReport(rounds)}`);
  if (signal.aborted) return undefined;
  return rounds.slice(before).some(({ failures }) => failures.length > 0) ? 1 : 0;
}

async function takeTurn(turn: Turn, { seed, only }: Options, signal: AbortSignal): Promise<Round> {
  const order = seed ?? Math.floor(Math.random() * MAX_SEED);
  console.log(`${turn.suite} ${turn.mode}, seed ${order}`);
  const round = await runRound({ ...turn, seed: order, commit: commit(), only, root: ROOT, artifacts: ARTIFACTS }, signal);
  if (only.length === 0) keepRound(STATE, round);
  const failed = round.failures.map(({ file, test, message }) => `\n  failed: ${file} ${test}\n    ${message}`).join('');
  console.log(`  ${round.tests} tests in ${(round.durationMs / 1_000).toFixed(0)} s, ${round.failures.length} failed${failed}`);
  return round;
}

function commit(): string {
  const git = (...args: readonly string[]) => spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' }).stdout?.trim() ?? '';
  return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain') === '' ? '' : '+'}`;
}

await runCommand(parse, repeat);
