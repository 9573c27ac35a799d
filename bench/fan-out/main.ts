/** `npm run bench:fan-out`: the fan-out function against the SDK's client. `-- --help` tells the options. */
import { Command, Option } from 'commander';
import { USAGE_ERROR, wholeNumber } from '../../local/command-line.ts';
import { describeMachine, machineText } from '../machine.ts';
import { abortOnSignal, createProgress } from '../progress.ts';
import { formatSection } from '../report/text.ts';
import { measureFanOut } from './part.ts';

interface Options {
  readonly quick: boolean;
  readonly rounds?: number;
}

const program = new Command('npm run bench:fan-out --')
  .description(
    'Posts per core of the fan-out against the default SDK client, one event to 10,000 sockets through the local gateway, how delivery grows to 100,000 connections, and cold starts.',
  )
  .addOption(new Option('--quick', 'a look that takes about a minute, with fewer sockets').default(false))
  .addOption(new Option('--rounds <n>', 'repetitions; medians are reported (default: 3, quick: 1)').argParser(wholeNumber(1, 100)))
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR));
const { quick, rounds = quick ? 1 : 3 } = program.parse().opts<Options>();

const machine = describeMachine();
const signal = abortOnSignal();
const progress = createProgress();
const section = await measureFanOut({ quick, rounds, signal, progress: progress.show });
progress.end();
process.stdout.write(`${machineText(machine)}\n\n${formatSection(section)}\n`);
process.exit(signal.aborted ? 130 : 0);
