/** `npm run bench:noisy-frames`: what frames that ask for replays cost the clients of the WebSocket lane. `-- --help` tells the options. */
import { createCommand, runCommand } from '../../../command-line/command.ts';
import { describeMachine, machineText } from '../../shared/machine.ts';
import { secondsOption, usersOption } from '../../sse/noisy-neighbour/options.ts';
import { brokenResumes, LIMITS, resumeCells, summarize, type Verdict } from '../../sse/noisy-neighbour/verdict.ts';
import { type AssemblyOptions, addAssemblyOptions, withAssembly } from '../../sse/task/assembly.ts';
import { type FramesResult, measureFrames } from './frames-cell.ts';
import { startLaneRun } from './lane-run.ts';

interface Options extends AssemblyOptions {
  readonly users: readonly number[];
  readonly seconds: number;
}

const DESCRIPTION = [
  'Runs clients that request many replays with small frames beside normal ones, against the WebSocket lane of a local run.',
  `Fails where the p99 of a resume passes ${LIMITS.resumeRatio} times what it is without them, or where a normal client loses an event.`,
  'Its database, its functions and both kinds of clients share the processors of this machine, so that with many users the result',
  'says more about the machine than about the lane.',
].join(' ');

const parse = (argv: readonly string[]) =>
  addAssemblyOptions(createCommand('bench:noisy-frames', DESCRIPTION))
    .addOption(usersOption())
    .addOption(secondsOption())
    .parse(argv)
    .opts<Options>();

const COLUMNS = ['users', 'frames', 'posts', 'resume p50', 'p99 alone', 'rush', 'p50', 'p99 beside', 'ratio', 'lost', 'unserved', 'broken'];

async function main(options: Options, signal: AbortSignal): Promise<number | undefined> {
  print(machineText(describeMachine()));
  const verdicts: Verdict[] = [];
  await withAssembly(options, signal, async (assemblyDir) => {
    const run = await startLaneRun(assemblyDir);
    try {
      for (const hostileUsers of options.users) {
        if (signal.aborted) break;
        verdicts.push(judge(hostileUsers, await measureFrames({ run, hostileUsers, seconds: options.seconds })));
        print(`${hostileUsers} users measured`);
      }
    } finally {
      await run.stop();
    }
  });
  print(summarize(COLUMNS, verdicts));
  return signal.aborted || verdicts.every(({ broken }) => broken.length === 0) ? undefined : 1;
}

function judge(users: number, { calm, noisy, frames, posts }: FramesResult): Verdict {
  const broken = brokenResumes(calm, noisy);
  const cells = [
    ...[users, frames, posts].map(String),
    ...resumeCells(calm, undefined, noisy),
    String(calm.wrong + noisy.wrong),
    String(noisy.unserved),
    broken.join(', ') || '-',
  ];
  return { cells, broken };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await runCommand(parse, main);
