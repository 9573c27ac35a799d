/** `npm run bench:fan-out`: the fan-out function against the SDK's client. `-- --help` tells the options. */
import { Option } from 'commander';
import { createCommand, runCommand } from '../../../command-line/command.ts';
import { wholeNumber } from '../../../command-line/values.ts';
import { describeMachine, machineText } from '../../shared/machine.ts';
import { createProgress } from '../../shared/progress.ts';
import { formatSection } from '../../shared/report/text.ts';

interface Options {
  readonly quick: boolean;
  readonly rounds?: number;
}

function parse(argv: readonly string[]): Options {
  return createCommand(
    'bench:fan-out',
    'Posts per core of the fan-out against the default SDK client, one event to 10,000 sockets through the local gateway, how delivery grows to 100,000 connections, and cold starts.',
  )
    .addOption(new Option('--quick', 'a look that takes about a minute, with fewer sockets').default(false))
    .addOption(new Option('--rounds <n>', 'repetitions; medians are reported (default: 3, quick: 1)').argParser(wholeNumber(1, 100)))
    .parse(argv)
    .opts();
}

await runCommand(parse, async ({ quick, rounds = quick ? 1 : 3 }, signal) => {
  const machine = describeMachine();
  const progress = createProgress();
  // Not at the top: clients of AWS would be loaded before `--help` is shown, or a bad value refused.
  const { measureFanOut } = await import('./part.ts');
  const section = await measureFanOut({ quick, rounds, signal, progress: progress.show });
  progress.end();
  process.stdout.write(`${machineText(machine)}\n\n${formatSection(section)}\n`);
  return undefined;
});
