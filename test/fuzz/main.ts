/** `npm run fuzz`: hostile input at every entrance, for as long as it is told to. `-- --help` tells the options. */
import { Command, Option } from 'commander';
import { positiveNumber, wholeNumber } from '../../local/command-line.ts';
import { flood } from './flood.ts';
import { TARGETS } from './targets.ts';
import { tryInputs } from './try-inputs.ts';

interface Options {
  readonly seconds: number;
  readonly seed: number;
  readonly connections: number;
}

/** The second wave shows whether the first has left something behind; the third, whether that grows. */
const WAVES = 3;

const program = new Command('npm run fuzz --')
  .description(
    'Tries hostile input at every entrance, and floods the HTTP edge with requests that never end. Ends with 1 at the first breach.',
  )
  .addOption(new Option('--seconds <s>', 'how long each entrance is tried').default(10).argParser(positiveNumber(86_400)))
  .addOption(
    new Option('--seed <n>', 'the same seed tries the same inputs').default(Date.now() % 1_000_000).argParser(wholeNumber(0, 2 ** 31 - 1)),
  )
  .addOption(
    new Option('--connections <n>', 'connections in a wave of unfinished requests').default(3_000).argParser(wholeNumber(1, 15_000)),
  )
  .action(main);

async function main({ seconds, seed, connections }: Options): Promise<void> {
  print(`seed ${seed}`);
  let total = 0;
  for (const target of TARGETS) {
    const endMs = performance.now() + seconds * 1_000;
    const inputs = await tryInputs(target, { seed, isOver: () => performance.now() >= endMs });
    total += inputs;
    print(`${target.name}: ${inputs} inputs, no breach`);
  }
  const { connections: opened, closedAfterSeconds, memoryMb } = await flood(connections, WAVES, print);
  print(
    `unfinished requests: ${opened} connections in ${WAVES} waves, the slowest closed after ${closedAfterSeconds.toFixed(0)} s; ` +
      `memory ${memoryMb.first} MB after the first wave, ${memoryMb.last} MB after the last`,
  );
  print(`${total} inputs tried: no crash, no unmeant 5xx, nothing of another channel, nothing left behind`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await program.parseAsync().catch((error: Error) => {
  process.stderr.write(`${error.message}\n${error.cause instanceof Error ? `${error.cause.message}\n` : ''}`);
  process.exit(1);
});
