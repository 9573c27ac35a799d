import { randomInt } from 'node:crypto';
import { Option } from 'commander';
import { createCommand } from '../../../command-line/command.ts';
import { assembly, wholeNumber } from '../../../command-line/values.ts';

export interface ChaosOptions {
  /** Ends the publishing, whichever comes first. */
  readonly seconds: number;
  /** Undefined: as many as the time allows. */
  readonly events: number | undefined;
  readonly seed: number;
  readonly tasks: number;
  readonly channels: number;
  readonly publishers: number;
  readonly subscribers: number;
}

export interface CommandLine extends ChaosOptions {
  /** An assembly that exists; synthesized when undefined. */
  readonly app: string | undefined;
  readonly json: boolean;
  readonly verbose: boolean;
}

/** With `--events` alone the time is no limit that matters. */
const LONG_SECONDS = 3_600;
const DEFAULT_SECONDS = 60;

/** Reads the command line. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const number = (flags: string, description: string, min: number, max: number) =>
    new Option(flags, description).argParser(wholeNumber(min, max));
  const program = createCommand(
    'chaos',
    'Publishes and subscribes while everything fails that may fail, then checks every promise for every subscriber.',
  )
    .addOption(number('--seconds <n>', `publish for so long (default: ${DEFAULT_SECONDS})`, 1, 86_400))
    .addOption(number('--events <n>', 'publish so many events instead', 1, 10_000_000))
    .addOption(
      number(
        '--seed <n>',
        'the same seed draws the same faults, at the same times as far as the machine keeps pace (default: a random one, printed)',
        0,
        2 ** 32 - 1,
      ),
    )
    .addOption(number('--tasks <n>', 'tasks of the SSE service', 1, 10).default(3))
    .addOption(number('--channels <n>', 'channels', 1, 32).default(4))
    .addOption(number('--publishers <n>', 'publishers: HTTP, WebSocket, Lambda and EventBridge in turn', 1, 100).default(6))
    .addOption(number('--subscribers <n>', 'subscribers, of every kind in turn', 1, 1_000).default(34))
    .addOption(new Option('--app <dir>', 'run an assembly that exists instead of synthesizing the dev stage').argParser(assembly))
    .addOption(new Option('--json', 'print the result as JSON').default(false))
    .addOption(new Option('--verbose', 'show the log lines of functions and tasks, and all violations').default(false));
  program.parse(argv);
  const {
    seconds,
    events,
    seed = randomInt(1_000_000),
    ...rest
  } = program.opts<Partial<CommandLine> & Omit<CommandLine, 'seconds' | 'events' | 'seed'>>();
  return { ...rest, seed, events, seconds: seconds ?? (events === undefined ? DEFAULT_SECONDS : LONG_SECONDS), app: rest.app };
}
