/** `npm run bench:bus`: how many events a second a task takes from its queue. `-- --help` tells the options. */
import { Option } from 'commander';
import { createCommand, runCommand } from '../../../command-line/command.ts';
import { wholeNumber } from '../../../command-line/values.ts';
import { describeMachine, machineText } from '../../shared/machine.ts';
import { createProgress } from '../../shared/progress.ts';
import { canPin } from '../task/pinned.ts';
import { type BusResult, measureBus } from './measure.ts';
import { BATCHES, READER_NAMES, type Round, reportOf } from './report.ts';

interface Options {
  readonly rounds?: number;
  readonly seconds?: number;
  readonly latency: number;
  readonly quick: boolean;
}

const DESCRIPTION = [
  'Publishes as much as one task of the SSE lane takes from its queue, singly and in batches, with the two receivers that a task had',
  'before ADR 59 and with those that follow the load, in turn. Every call of queue, topic and log takes a while. Fails where an event',
  'is lost, repeated or out of order on a stream.',
].join(' ');

const parse = (argv: readonly string[]) =>
  createCommand('bench:bus', DESCRIPTION)
    .addOption(new Option('--rounds <n>', 'repetitions (default: 3, or 1 with --quick)').argParser(wholeNumber(1, 100)))
    .addOption(new Option('--seconds <n>', 'of each measurement (default: 10, or 2 with --quick)').argParser(wholeNumber(1, 600)))
    .addOption(new Option('--latency <ms>', 'how long a call takes').default(15).argParser(wholeNumber(0, 1_000)))
    .option('--quick', 'a first look, about half a minute', false)
    .parse(argv)
    .opts<Options>();

async function main(options: Options, signal: AbortSignal): Promise<number | undefined> {
  const { quick, rounds = quick ? 1 : 3, seconds = quick ? 2 : 10, latency: latencyMs } = options;
  const machine = describeMachine();
  const progress = createProgress();
  const measured: Round[] = [];
  for (let round = 1; round <= rounds; round++) {
    const results: BusResult[] = [];
    for (const batch of BATCHES) {
      for (const reader of READER_NAMES) {
        progress.show(`round ${round} of ${rounds}, publications of ${batch}, ${reader}`);
        results.push(await measureBus({ reader, batch, seconds, latencyMs, signal }));
      }
    }
    measured.push(results);
  }
  progress.end();
  const where = canPin() ? 'on a core of its own' : 'on any core';
  process.stdout.write(`${machineText(machine)}\n${latencyMs} ms a call, ${seconds} s each, the task ${where}.\n\n${reportOf(measured)}\n`);
  return measured.flat().every(({ wrong }) => wrong === 0) ? undefined : 1;
}

await runCommand(parse, main);
