/** `npm run bench:storm`: streams come back to a task that has just started. `-- --help` tells the options. */
import { Option } from 'commander';
import { createCommand, runCommand } from '../../../command-line/command.ts';
import { positiveNumber, wholeNumber } from '../../../command-line/values.ts';
import { describeMachine, machineText, STREAMS_PER_PROCESS } from '../../shared/machine.ts';
import { median } from '../../shared/median.ts';
import { figure } from '../../shared/report/format.ts';
import { formatTable } from '../../shared/report/text.ts';
import { type AssemblyOptions, addAssemblyOptions, withAssembly } from '../task/assembly.ts';
import { canPin } from '../task/pinned.ts';
import { readTaskSettings } from '../task/settings.ts';
import { startTaskIssuer } from '../task/task-process.ts';
import { measureStorm, type StormResult } from './storm.ts';

interface Options extends AssemblyOptions {
  readonly streams: number;
  readonly channels: number;
  readonly users?: number;
  readonly rate: number;
  readonly logLatency: number;
  readonly rounds: number;
}

/** Goals of the project. */
const GOALS = { caughtUpMs: 3_000, readsPerChannel: 2 } as const;

const COLUMNS = [
  'round',
  'caught up s',
  'reads a channel: most',
  'mean',
  'reads',
  'of which',
  'memory MB',
  'longest pause ms',
  'client cores',
  'failed',
  'behind',
];

const DESCRIPTION = [
  'Resumes many streams at once with Last-Event-ID on a task that has just started, while events are published. Fails where one',
  `loses an event; says whether all are up to date within ${GOALS.caughtUpMs / 1_000} s, with at most ${GOALS.readsPerChannel} reads of the log for a channel.`,
].join(' ');

const parse = (argv: readonly string[]) =>
  addAssemblyOptions(createCommand('bench:storm', DESCRIPTION))
    .addOption(new Option('--streams <n>', 'streams').default(10_000).argParser(wholeNumber(1, STREAMS_PER_PROCESS)))
    .addOption(
      new Option('--channels <n>', 'channels, among which they are divided').default(1_000).argParser(wholeNumber(1, STREAMS_PER_PROCESS)),
    )
    .addOption(new Option('--users <n>', 'distinct tokens (default: one for each stream)').argParser(wholeNumber(1, STREAMS_PER_PROCESS)))
    .addOption(new Option('--rate <n>', 'events published a second meanwhile').default(50).argParser(positiveNumber(1_000)))
    .addOption(new Option('--log-latency <ms>', 'how long a call of the log takes').default(4).argParser(wholeNumber(0, 1_000)))
    .addOption(new Option('--rounds <n>', 'repetitions, each with a new task').default(3).argParser(wholeNumber(1, 100)))
    .parse(argv)
    .opts<Options>();

async function main(
  { rounds, streams, channels, users = streams, rate, logLatency, ...assembly }: Options,
  signal: AbortSignal,
): Promise<number | undefined> {
  const print = (line: string) => process.stdout.write(`${line}\n`);
  print(machineText(describeMachine()));
  const settings = await withAssembly(assembly, signal, async (assemblyDir) => readTaskSettings(assemblyDir));
  const where = canPin() ? 'on a core of its own' : 'on any core';
  print(
    `${streams} streams of ${users} users over ${channels} channels, ${rate} events/s, a log that answers in about ${logLatency} ms, the task ${where}.`,
  );
  const issuer = await startTaskIssuer();
  const results: StormResult[] = [];
  while (results.length < rounds && !signal.aborted) {
    results.push(await measureStorm({ settings, issuer, streams, channels, users, rate, logLatencyMs: logLatency, signal }));
  }
  issuer.close();
  print(`\n${formatTable({ columns: COLUMNS, rows: results.map(row) })}\n`);
  const caughtUpMs = median(results.map((result) => result.caughtUpMs)) ?? Number.NaN;
  const reads = Math.max(...results.map(({ mostReadsOfChannel }) => mostReadsOfChannel));
  print(
    `Caught up in ${figure(caughtUpMs / 1_000)} s (goal: ${GOALS.caughtUpMs / 1_000} s): ${caughtUpMs <= GOALS.caughtUpMs ? 'reached' : 'NOT reached'}.`,
  );
  print(
    `Reads of a channel: ${reads} at most (goal: ${GOALS.readsPerChannel}): ${reads <= GOALS.readsPerChannel ? 'reached' : 'NOT reached'}.`,
  );
  const intact = results.every(({ failures, behind }) => Object.keys(failures).length === 0 && behind === 0);
  if (signal.aborted) return undefined;
  return intact ? undefined : 1;
}

function row(result: StormResult, index: number): readonly string[] {
  const { reads, channelsRead, mostReadsOfChannel, caughtUpMs, memoryBytes, longestPauseMs, clientCores, failures, behind } = result;
  const { heads = 0, ...ofOneChannel } = reads;
  const total = Object.values(ofOneChannel).reduce((sum, count) => sum + count, 0);
  const kinds = Object.entries(reads).map(([kind, count]) => `${kind} ${count}`);
  return [
    String(index + 1),
    Number.isFinite(caughtUpMs) ? (caughtUpMs / 1_000).toFixed(2) : 'never',
    String(mostReadsOfChannel),
    figure(total / Math.max(1, channelsRead)),
    String(total + heads),
    kinds.join(', '),
    String(Math.round(memoryBytes / 1024 / 1024)),
    longestPauseMs.toFixed(0),
    clientCores.toFixed(2),
    Object.entries(failures)
      .map(([what, count]) => `${count} ${what}`)
      .join(', ') || '0',
    String(behind),
  ];
}

await runCommand(parse, main);
