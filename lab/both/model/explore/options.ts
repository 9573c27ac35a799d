import { InvalidArgumentError, Option } from 'commander';
import { createCommand, UsageError } from '../../../../command-line/command.ts';
import { wholeNumber } from '../../../../command-line/values.ts';
import type { Schedule } from './explore.ts';
import { parseSchedule } from './schedule.ts';

export interface CommandLine {
  readonly preemptions: number;
  readonly interleavings: number;
  /** Part of the names of the configurations. */
  readonly only: string | undefined;
  /** Undefined for the protocol itself. */
  readonly mutation: string | undefined;
  readonly replay: Schedule | undefined;
}

/** Reads the command line. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const program = createCommand(
    'explore',
    'Plays small configurations of the model in every order of their dependent steps, then each mutation until it is noticed.',
  )
    .addOption(
      new Option('--preemptions <n>', 'how often something that could go on is interrupted').argParser(wholeNumber(0, 10)).default(3),
    )
    .addOption(
      new Option('--interleavings <n>', 'for each configuration and each number of preemptions')
        .argParser(wholeNumber(1, 100_000_000))
        .default(1_000),
    )
    .addOption(new Option('--only <text>', 'only configurations whose names contain this, and no mutations'))
    .addOption(new Option('--mutation <name>', 'only this mutation'))
    .addOption(
      new Option('--replay <schedule>', 'show one interleaving, as a failure prints it; needs the whole name in --only').argParser(
        (text) => {
          const schedule = parseSchedule(text);
          if (schedule === undefined) throw new InvalidArgumentError('Give a schedule as a failure prints it, such as 14:22,31:40.');
          return schedule;
        },
      ),
    );
  program.parse(argv);
  const { only, mutation, replay, ...rest } = program.opts<Pick<CommandLine, 'preemptions' | 'interleavings'> & Partial<CommandLine>>();
  if (replay !== undefined && only === undefined) throw new UsageError('--replay needs --only with the name of the configuration');
  return { ...rest, only, mutation, replay };
}
