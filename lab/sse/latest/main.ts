/** `npm run bench:latest`: many keys that change all the time, to readers of which some are slow. `-- --help` tells the options. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Option } from 'commander';
import { createCommand, runCommand } from '../../../command-line/command.ts';
import { wholeNumber } from '../../../command-line/values.ts';
import { describeMachine, machineText } from '../../shared/machine.ts';
import { imageFlags } from '../task/image-flags.ts';
import type { LatestLoad, TaskReady, TaskResult } from './protocol.ts';
import { LatestStreamReader } from './reader.ts';

interface Options extends LatestLoad {
  readonly readers: number;
  readonly slow: number;
  readonly pause: number;
}

/** Readers of each sort that read what they get. */
const MEASURED = 5;

const SETTLE_MS = 30_000;

const number = (flags: string, description: string, byDefault: number, most: number) =>
  new Option(flags, description).default(byDefault).argParser(wholeNumber(1, most));

const parse = (argv: readonly string[]) =>
  createCommand(
    'bench:latest',
    'Measures a latest channel on one task: memory, age of values, and how many of the published versions are delivered.',
  )
    .addOption(number('--keys <n>', 'keys of the channel', 1_000, 1_000))
    .addOption(number('--per-second <n>', 'updates of each key', 50, 1_000))
    .addOption(number('--chars <n>', 'characters of data', 100, 4_096))
    .addOption(number('--readers <n>', 'streams', 1_000, 10_000))
    .addOption(number('--slow <n>', 'of them, readers that pause', 100, 10_000))
    .addOption(number('--pause <ms>', 'how long a slow reader pauses after each piece', 500, 20_000))
    .addOption(number('--seconds <n>', 'how long', 30, 3_600))
    .parse(argv)
    .opts<Options>();

async function main(options: Options, signal: AbortSignal): Promise<number | undefined> {
  const { keys, perSecond, seconds, chars, readers, slow, pause } = options;
  process.stdout.write(`${machineText(describeMachine())}\n`);
  const load: LatestLoad = { keys, perSecond, seconds, chars };
  const task = fork(join(import.meta.dirname, 'task-program.ts'), [JSON.stringify(load)], { execArgv: [...imageFlags()], signal });
  const [{ port }] = (await once(task, 'message', { signal })) as [TaskReady];
  const sort = (count: number, pauseMs?: number) =>
    Array.from({ length: count }, (_, at) => new LatestStreamReader({ port, isMeasured: at < MEASURED, ...(pauseMs && { pauseMs }) }));
  const all = { fast: sort(Math.max(0, readers - slow)), slow: sort(Math.min(slow, readers), pause) };
  const everybody = [...all.fast, ...all.slow];
  try {
    for (const reader of everybody) await reader.open();
    for (const reader of everybody) reader.restart();
    task.send('start');
    const [result] = (await once(task, 'message', { signal })) as [TaskResult];
    const ages = { fast: summaryOf(all.fast), slow: summaryOf(all.slow) };
    for (const reader of everybody) reader.hurry();
    const measured = [...all.fast.slice(0, MEASURED), ...all.slow.slice(0, MEASURED)];
    const ended = await allHold(measured, result.state);
    const closed = everybody.filter(({ hasEnded }) => hasEnded).length;
    print(options, result, ages, closed);
    if (!ended) process.stdout.write('A reader did not end with the newest versions.\n');
    return ended && closed === 0 ? undefined : 1;
  } finally {
    for (const reader of everybody) reader.close();
    task.kill();
  }
}

async function allHold(readers: readonly LatestStreamReader[], state: string): Promise<boolean> {
  const deadlineMs = performance.now() + SETTLE_MS;
  while (readers.some((reader) => reader.state !== state)) {
    if (performance.now() > deadlineMs) return false;
    await sleep(50);
  }
  return true;
}

interface Ages {
  readonly p50: number;
  readonly p99: number;
}

function summaryOf(readers: readonly LatestStreamReader[]): Ages {
  const sorted = readers.flatMap(({ agesMs }) => agesMs).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

function print(options: Options, result: TaskResult, { fast, slow }: Readonly<Record<'fast' | 'slow', Ages>>, closed: number): void {
  const { published, delivered, peakResidentBytes, cpuShare } = result;
  const lines = [
    `published        ${published} versions, ${Math.round(published / options.seconds)} a second`,
    `delivered        ${delivered} to ${options.readers} readers: ${((100 * delivered) / (published * options.readers)).toFixed(2)} % of published times readers`,
    `memory           ${Math.round(peakResidentBytes / 1024 / 1024)} MB resident at most`,
    `processor        ${cpuShare.toFixed(2)} of a core`,
    `age, fast        p50 ${fast.p50} ms, p99 ${fast.p99} ms when a version was read`,
    `age, slow        p50 ${slow.p50} ms, p99 ${slow.p99} ms`,
    `closed           ${closed} readers`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

await runCommand(parse, main);
