/** `npm run bench:noisy`: what clients that misbehave cost the others. `-- --help` tells the options. */
import { Option } from 'commander';
import { createCommand, runCommand } from '../command-line/command.ts';
import { positiveNumber, wholeNumber } from '../command-line/values.ts';
import { describeMachine, machineText } from './machine.ts';
import { measureCell } from './noisy-neighbour/cell.ts';
// lane: both
import { measureFrames } from './noisy-neighbour/frames/frames-cell.ts';
import { startLaneRun } from './noisy-neighbour/frames/lane-run.ts';
// end lane
import { OFFENDERS, type OffenderName } from './noisy-neighbour/offenders/catalog.ts';
import {
  COLUMNS,
  judgeCell,
  // lane: both
  judgeFrames,
  // end lane
  LIMITS,
  type Verdict,
} from './noisy-neighbour/verdict.ts';
import { formatTable } from './report/text.ts';
import { type AssemblyOptions, addAssemblyOptions, withAssembly } from './task/assembly.ts';
import { readTaskSettings } from './task/settings.ts';
import { startTaskIssuer } from './task/task-process.ts';

interface Options extends AssemblyOptions {
  readonly only: readonly string[];
  readonly users: readonly number[];
  readonly seconds: number;
  readonly streams: number;
  readonly perSecond: number;
  readonly logLatency: number;
}

// lane: both
/** Against the WebSocket lane of a local run, and not against a task. */
const FRAMES = 'frames';
// end lane

const NAMES: readonly string[] = [
  ...Object.keys(OFFENDERS),
  // lane: both
  FRAMES,
  // end lane
];

/** Hostile users where the command line does not say. */
const USERS: readonly number[] = [1, 200];

const DESCRIPTION = [
  "Puts each kind of offender beside normal clients, against a task of the SSE lane with a stage's settings.",
  `Fails where the memory of the task passes ${LIMITS.memoryShare * 100} % of its size, the p99 of /readyz ${LIMITS.readyP99Ms} ms,`,
  `or that of a resume ${LIMITS.resumeRatio} times what it is without offenders, or where a normal client loses an event.`,
].join(' ');

const parse = (argv: readonly string[]) =>
  addAssemblyOptions(createCommand('bench:noisy', DESCRIPTION))
    .addOption(new Option('--only <offender...>', 'some kinds of offenders').choices(NAMES).default(NAMES, 'all'))
    .addOption(new Option('--users <n...>', 'hostile users').default(USERS, USERS.join(' ')).argParser(severalUsers))
    .addOption(
      new Option('--seconds <s>', 'length of each of the two periods: without offenders, and beside them')
        .default(20)
        .argParser(wholeNumber(1, 3_600)),
    )
    .addOption(new Option('--streams <n>', 'normal streams').default(200).argParser(wholeNumber(1, 1_000)))
    .addOption(new Option('--per-second <n>', 'events published for the normal streams').default(10).argParser(positiveNumber(45)))
    .addOption(new Option('--log-latency <ms>', 'how long a call of the log takes').default(4).argParser(wholeNumber(0, 1_000)))
    .parse(argv)
    .opts<Options>();

/** Commander hands on the default at the first of several values. */
function severalUsers(text: string, before: readonly number[]): readonly number[] {
  return [...(before === USERS ? [] : before), wholeNumber(1, 200)(text)];
}

async function main(options: Options, signal: AbortSignal): Promise<number | undefined> {
  print(machineText(describeMachine()));
  const verdicts: Verdict[] = [];
  const note = (verdict: Verdict, details: object) => {
    verdicts.push(verdict);
    print(`${verdict.cells.filter((cell) => cell !== '').join('  ')}  ${JSON.stringify(details)}`);
  };
  await withAssembly(options, signal, async (assemblyDir) => {
    await judgeTasks(assemblyDir, options, signal, note);
    // lane: both
    if (options.only.includes(FRAMES)) await judgeLane(assemblyDir, options, signal, note);
    // end lane
  });
  const broken = verdicts.filter((verdict) => verdict.broken.length > 0);
  print(`\n${formatTable({ columns: COLUMNS, rows: verdicts.map(({ cells }) => cells) })}\n`);
  print(broken.length === 0 ? 'All limits are kept.' : `Limits are broken in ${broken.length} of ${verdicts.length} lines.`);
  if (signal.aborted) return undefined;
  return broken.length === 0 ? undefined : 1;
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

// lane: both
async function judgeLane(assemblyDir: string, { users, seconds }: Options, signal: AbortSignal, note: Note): Promise<void> {
  const run = await startLaneRun(assemblyDir);
  try {
    for (const hostileUsers of users) {
      if (signal.aborted) break;
      const result = await measureFrames({ run, hostileUsers, seconds });
      const { frames, posts } = result;
      note(judgeFrames(`1.4 ${FRAMES}`, hostileUsers, result), { frames, posts });
    }
  } finally {
    await run.stop();
  }
}
// end lane

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await runCommand(parse, main);
