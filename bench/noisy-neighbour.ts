/** `npm run bench:noisy`: what clients that misbehave cost the others. `-- --help` tells the options. */
import { Command, Option } from 'commander';
import { positiveNumber, USAGE_ERROR, wholeNumber } from '../local/command-line.ts';
import { describeMachine, machineText } from './machine.ts';
import { measureCell } from './noisy-neighbour/cell.ts';
import { OFFENDERS, type OffenderName } from './noisy-neighbour/offenders/catalog.ts';
import { brokenLimits, COLUMNS, cellRow, LIMITS } from './noisy-neighbour/verdict.ts';
import { abortOnSignal } from './progress.ts';
import { formatTable } from './report/text.ts';
import { readTaskSettings, settingsOfStage } from './task/settings.ts';
import { startTaskIssuer } from './task/task-process.ts';

interface Options {
  readonly stage: string;
  readonly app?: string;
  readonly only: readonly OffenderName[];
  readonly users: readonly number[];
  readonly seconds: number;
  readonly streams: number;
  readonly perSecond: number;
  readonly logLatency: number;
}

const NAMES = Object.keys(OFFENDERS) as OffenderName[];

const program = new Command('npm run bench:noisy --')
  .description(
    `Runs a task of the SSE lane with a stage's settings, and each kind of offender beside normal clients. Fails where the task's
memory reaches ${LIMITS.memoryShare * 100} % of its size, /readyz p99 ${LIMITS.readyP99Ms} ms, a resume's p99 ${LIMITS.resumeRatio} times that without offenders, or a normal client loses an event.`,
  )
  .addOption(new Option('--stage <name>', 'the stage whose settings the task has').default('prod'))
  .addOption(new Option('--app <dir>', 'read them from an assembly that exists, for example cdk.out, instead of synthesizing'))
  .addOption(new Option('--only <offender...>', 'some kinds of offenders').choices(NAMES).default(NAMES, 'all'))
  .addOption(new Option('--users <n...>', 'hostile users').default([1, 200], '1 200').argParser(manyUsers))
  .addOption(
    new Option('--seconds <s>', 'length of each of the two periods: without offenders, and beside them')
      .default(8)
      .argParser(wholeNumber(1, 3_600)),
  )
  .addOption(new Option('--streams <n>', 'normal streams').default(200).argParser(wholeNumber(1, 1_000)))
  .addOption(new Option('--per-second <n>', 'events published for the normal streams').default(10).argParser(positiveNumber(45)))
  .addOption(new Option('--log-latency <ms>', 'how long a call of the log takes').default(4).argParser(wholeNumber(0, 1_000)))
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR))
  .action(main);

function manyUsers(text: string, before: readonly number[] | undefined): readonly number[] {
  const users = wholeNumber(1, 200)(text);
  // Commander hands on the default at the first value.
  return before === undefined || before === program.getOptionValue('users') ? [users] : [...before, users];
}

async function main(options: Options): Promise<void> {
  const signal = abortOnSignal();
  const print = (line: string) => process.stdout.write(`${line}\n`);
  print(machineText(describeMachine()));
  const settings = options.app === undefined ? await settingsOfStage(options.stage, signal) : readTaskSettings(options.app);
  print(`A task of ${settings.memoryBytes / 1024 / 1024} MiB, a log that answers in about ${options.logLatency} ms.`);
  const issuer = await startTaskIssuer();
  const rows: (readonly string[])[] = [];
  let broken = 0;
  for (const name of options.only) {
    for (const hostileUsers of options.users) {
      if (signal.aborted) break;
      const result = await measureCell({
        offender: name,
        hostileUsers,
        settings,
        issuer,
        logLatencyMs: options.logLatency,
        seconds: options.seconds,
        streams: options.streams,
        perSecond: options.perSecond,
        signal,
      });
      const row = cellRow(`${OFFENDERS[name].finding} ${name}`.trim(), hostileUsers, result, settings.memoryBytes);
      rows.push(row);
      broken += brokenLimits(result, settings.memoryBytes).length;
      print(`${row.join('  ')}  ${JSON.stringify(result.outcomes)}`);
    }
  }
  issuer.close();
  print(`\n${formatTable({ columns: COLUMNS, rows })}\n`);
  print(broken === 0 ? 'All limits are kept.' : `${broken} limits are broken.`);
  process.exit(signal.aborted ? 130 : broken === 0 ? 0 : 1);
}

await program.parseAsync();
