/** `npm run fuzz`: hostile input at every entrance, for as long as it is told to. `-- --help` tells the options. */
import { Option } from 'commander';
import { createCommand, runCommand } from '../../command-line/command.ts';
import { positiveNumber, wholeNumber } from '../../command-line/values.ts';
import { createProgress } from '../shared/progress.ts';
import { describePlan, planOf } from './plan.ts';

interface Options {
  readonly seconds: number;
  readonly seed: number;
  readonly connections: number;
}

function parse(argv: readonly string[]): Options {
  return createCommand(
    'fuzz',
    'Tries hostile input at every entrance, and floods the HTTP server with requests that never end. Ends with 1 at the first breach.',
  )
    .addOption(new Option('--seconds <s>', 'how long the whole run takes').default(180).argParser(positiveNumber(86_400)))
    .addOption(
      new Option('--seed <n>', 'the same seed tries the same inputs')
        .default(Date.now() % 1_000_000)
        .argParser(wholeNumber(0, 2 ** 31 - 1)),
    )
    .addOption(
      new Option('--connections <n>', 'connections in a wave of unfinished requests').default(3_000).argParser(wholeNumber(1, 15_000)),
    )
    .parse(argv)
    .opts();
}

async function main({ seconds, seed, connections }: Options, signal: AbortSignal): Promise<undefined> {
  // Not for `--help` and usage errors: while V8 compiles what they bring in the background, `process.exit` may wait for ever (seen
  // with Node 24.21: its workers wait for a garbage collection, and the exit for its workers).
  const [{ loadTargets, loadFloods }, { tryInputs }] = await Promise.all([import('./targets.ts'), import('./try-inputs.ts')]);
  const [targets, floods] = await Promise.all([loadTargets(), loadFloods()]);
  const plan = planOf(seconds, targets.length);
  print(`seed ${seed}: ${describePlan(plan, targets.length, connections)}`);
  const progress = createProgress();
  let total = 0;
  for (const target of targets) {
    const endMs = performance.now() + plan.secondsEach * 1_000;
    progress.show(`${target.name} …`);
    const inputs = await tryInputs(target, { seed, isOver: () => signal.aborted || performance.now() >= endMs });
    signal.throwIfAborted();
    progress.end();
    total += inputs;
    print(`${target.name}: ${inputs} inputs, no breach`);
  }
  for (const flood of plan.waves > 0 ? floods : []) {
    const {
      connections: opened,
      closedAfterSeconds,
      memoryMb,
    } = await flood({ connections, waves: plan.waves, signal, progress: progress.show });
    progress.end();
    print(
      `unfinished requests: ${opened} connections in ${plan.waves} waves, the slowest closed after ${closedAfterSeconds.toFixed(0)} s; ` +
        `memory ${memoryMb.first} MB after the first wave, ${memoryMb.last} MB after the last`,
    );
  }
  print(`${total} inputs tried: no crash, no unmeant 5xx, nothing of another channel, nothing left behind`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await runCommand(parse, main);
