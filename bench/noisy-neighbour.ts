/** `npm run bench:noisy`: what a client that stops reading and one that floods cost 200 others. `-- --help` tells the options. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Command, Option } from 'commander';
import { Crowd, type Period, quantile } from './noisy-neighbour/crowd.ts';
import { startOffenders } from './noisy-neighbour/offenders.ts';

interface Options {
  readonly app?: string;
  readonly url?: string;
  readonly streams: string;
  readonly rounds: string;
  readonly seconds: string;
  readonly perSecond: string;
  readonly dataBytes: string;
  readonly publications: string;
}

/** What the issue allows: the normal clients' p99 beside the offenders, against their p99 without them. */
const MAX_RATIO = 1.5;

const program = new Command('npm run bench:noisy --')
  .description('Measures the latency of normal streams in turn with and without two clients that misbehave, in one run of the app.')
  .addOption(new Option('--app <dir>', 'an assembly that exists, instead of synthesizing').conflicts('url'))
  .addOption(new Option('--url <url>', 'a service that runs already'))
  .addOption(new Option('--streams <n>', 'normal streams').default('200'))
  .addOption(new Option('--rounds <n>', 'pairs of a period without and one with the offenders').default('5'))
  .addOption(new Option('--seconds <s>', 'length of a period').default('10'))
  .addOption(new Option('--per-second <n>', 'events published for the normal streams').default('10'))
  .addOption(new Option('--data-bytes <n>', 'size of the events of the flooding client').default('16384'))
  .addOption(
    new Option('--publications <n>', 'publications per second of the flooding client, which sends all else without a pause').default('10'),
  )
  .action(main);

async function main(options: Options): Promise<void> {
  const local = options.url === undefined ? await startApp(options.app) : undefined;
  const base = options.url ?? local?.url ?? '';
  const run = Date.now().toString(36);
  const crowd = new Crowd(base, `crowd.${run}`);
  const ratios: number[] = [];
  let wrong = 0;
  try {
    await crowd.open(Number(options.streams));
    const period = () => crowd.period(Number(options.seconds), Number(options.perSecond));
    // The first one warms up what compiles and connects at first use.
    await period();
    for (let round = 1; round <= Number(options.rounds); round++) {
      const calm = await period();
      const offenders = await startOffenders({
        base,
        channel: `noise.${run}.${round}`,
        dataBytes: Number(options.dataBytes),
        publicationsPerSecond: Number(options.publications),
      });
      const noisy = await period();
      await offenders.stop();
      const ratio = quantile(noisy.latenciesMs, 0.99) / quantile(calm.latenciesMs, 0.99);
      ratios.push(ratio);
      wrong += calm.wrong + noisy.wrong;
      const flood = `${Math.round(offenders.requests() / Number(options.seconds))} requests/s beside them`;
      print(`round ${round}: alone ${describe(calm)}; ${flood} ${describe(noisy)}; p99 ratio ${ratio.toFixed(2)}`);
    }
  } finally {
    crowd.close();
    await local?.stop();
  }
  const median = quantile(
    ratios.toSorted((a, b) => a - b),
    0.5,
  );
  print(`median p99 ratio ${median.toFixed(2)} (limit ${MAX_RATIO}); streams with a lost, doubled or reordered event: ${wrong}`);
  process.exit(median <= MAX_RATIO && wrong === 0 ? 0 : 1);
}

function describe({ latenciesMs }: Period): string {
  return `p50 ${quantile(latenciesMs, 0.5).toFixed(0)} ms, p99 ${quantile(latenciesMs, 0.99).toFixed(0)} ms`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The app in a process of its own, so that the clients' work does not delay it. */
async function startApp(assemblyDir: string | undefined): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const args = [join(import.meta.dirname, '../local/main.ts'), '--json', ...(assemblyDir === undefined ? [] : ['--app', assemblyDir])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const ended = exited.then(() => Promise.reject(new Error('the local run ended before it was ready')));
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
  return {
    url: (JSON.parse(String(line)) as { readonly http: string }).http,
    stop: async () => {
      child.kill('SIGINT');
      await exited;
    },
  };
}

await program.parseAsync();
