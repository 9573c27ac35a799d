/** `npm run bench:noisy`: what clients that misbehave cost the others. `-- --help` tells the options. */
import { Option } from 'commander';
import { createCommand, runCommand } from '../../../command-line/command.ts';
import { positiveNumber, wholeNumber } from '../../../command-line/values.ts';
import { describeMachine, machineText } from '../../shared/machine.ts';
import { type AssemblyOptions, addAssemblyOptions, withAssembly } from '../task/assembly.ts';
import { readTaskSettings } from '../task/settings.ts';
import { startTaskIssuer } from '../task/task-process.ts';
import { measureCell } from './cell.ts';
import { OFFENDERS, type OffenderName } from './offenders/catalog.ts';
import { secondsOption, usersOption } from './options.ts';
import { COLUMNS, judgeCell, LIMITS, summarize, type Verdict } from './verdict.ts';

interface Options extends AssemblyOptions {
  readonly only: readonly string[];
  readonly users: readonly number[];
  readonly seconds: number;
  readonly streams: number;
  readonly perSecond: number;
  readonly logLatency: number;
}

const NAMES: readonly string[] = Object.keys(OFFENDERS);

const DESCRIPTION = [
  "Puts each kind of offender beside normal clients, against a task of the SSE lane with a stage's settings.",
  `Fails where the memory of the task passes ${LIMITS.memoryShare * 100} % of its size, the p99 of /readyz ${LIMITS.readyP99Ms} ms,`,
  `or that of a resume ${LIMITS.resumeRatio} times what it is without offenders, or where a normal client loses an event.`,
].join(' ');

const parse = (argv: readonly string[]) =>
  addAssemblyOptions(createCommand('bench:noisy', DESCRIPTION))
    .addOption(new Option('--only <offender...>', 'some kinds of offenders').choices(NAMES).default(NAMES, 'all'))
    .addOption(usersOption())
    .addOption(secondsOption())
    .addOption(new Option('--streams <n>', 'normal streams').default(200).argParser(wholeNumber(1, 1_000)))
    .addOption(new Option('--per-second <n>', 'events published for the normal streams').default(10).argParser(positiveNumber(45)))
    .addOption(new Option('--log-latency <ms>', 'how long a call of the log takes').default(4).argParser(wholeNumber(0, 1_000)))
    .parse(argv)
    .opts<Options>();

async function main(options: Options, signal: AbortSignal): Promise<number | undefined> {
  print(machineText(describeMachine()));
  const verdicts: Verdict[] = [];
  const note = (verdict: Verdict, details: object) => {
    verdicts.push(verdict);
    print(`${verdict.cells.filter((cell) => cell !== '').join('  ')}  ${JSON.stringify(details)}`);
  };
  await withAssembly(options, signal, (assemblyDir) => judgeTasks(assemblyDir, options, signal, note));
  print(summarize(COLUMNS, verdicts));
  return signal.aborted || verdicts.every(({ broken }) => broken.length === 0) ? undefined : 1;
}

type Note = (verdict: Verdict, details: object) => void;

async function judgeTasks(assemblyDir: string, options: Options, signal: AbortSignal, note: Note): Promise<void> {
  const settings = readTaskSettings(assemblyDir);
  const { memoryBytes } = settings;
  const { seconds, streams, perSecond, logLatency } = options;
  print(`A task of ${memoryBytes / 1024 / 1024} MiB, a log that answers in about ${logLatency} ms.`);
  const issuer = await startTaskIssuer();
  const kinds = Object.entries(OFFENDERS).filter(([name]) => options.only.includes(name));
  for (const [name, { finding }] of kinds) {
    for (const hostileUsers of options.users) {
      if (signal.aborted) break;
      const offender = name as OffenderName;
      const cell = { offender, hostileUsers, settings, issuer, seconds, streams, perSecond, logLatencyMs: logLatency, signal };
      const result = await measureCell(cell);
      note(judgeCell(`${finding} ${name}`.trim(), hostileUsers, result, memoryBytes), {
        answers: result.outcomes,
        residentMB: Math.round(result.memory.residentBytes / 1024 / 1024),
      });
    }
  }
  issuer.close();
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await runCommand(parse, main);
