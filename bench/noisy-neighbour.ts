/** `npm run bench:noisy`: what a client that stops reading and one that floods cost 200 others. `-- --help` tells the options. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Command, Option } from 'commander';
import { positiveNumber, wholeNumber } from '../local/command-line.ts';
import { Crowd, type Period, quantile } from './noisy-neighbour/crowd.ts';
import type { OffenderOptions } from './noisy-neighbour/offenders.ts';
import type { Service } from './noisy-neighbour/publishing.ts';

interface Options {
  readonly local: boolean;
  readonly url?: string;
  readonly token?: string;
  readonly streams: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly dataBytes: number;
  readonly publications: number;
}

/** What the issue allows: the normal clients' p99 beside the offenders, against their p99 without them. */
const MAX_RATIO = 1.5;

const program = new Command('npm run bench:noisy --')
  .description('Measures the latency of normal streams in turn with and without two clients that misbehave, in one run of the SSE service.')
  .addOption(
    new Option('--local', 'beside the emulators of a whole local run, instead of over ports in memory').default(false).conflicts('url'),
  )
  .addOption(new Option('--url <url>', 'a service that runs already'))
  .addOption(new Option('--token <jwt>', 'what that service takes'))
  .addOption(new Option('--streams <n>', 'normal streams').default(200).argParser(wholeNumber(1, 10_000)))
  .addOption(new Option('--rounds <n>', 'pairs of a period without and one with the offenders').default(5).argParser(wholeNumber(1, 1_000)))
  .addOption(new Option('--seconds <s>', 'length of a period').default(10).argParser(positiveNumber(1_000)))
  .addOption(new Option('--per-second <n>', 'events published for the normal streams').default(10).argParser(positiveNumber(1_000)))
  .addOption(new Option('--data-bytes <n>', 'size of the events of the flooding client').default(16_384).argParser(wholeNumber(1, 98_304)))
  .addOption(
    new Option('--publications <n>', 'publications per second of the flooding client, which sends all else without a pause')
      .default(10)
      .argParser(positiveNumber(10_000)),
  )
  .action(main);

async function main(options: Options): Promise<void> {
  const { streams, rounds, seconds, perSecond, dataBytes, publications } = options;
  const app = options.url === undefined ? await startApp(options.local) : undefined;
  const service: Service = app ?? { base: options.url ?? '', token: options.token ?? '' };
  const run = Date.now().toString(36);
  const crowd = new Crowd(service, `crowd.${run}`);
  const ratios: number[] = [];
  let wrong = 0;
  try {
    await crowd.open(streams);
    const period = () => crowd.period(seconds, perSecond);
    // The first one warms up what compiles and connects at first use.
    await period();
    for (let round = 1; round <= rounds; round++) {
      const calm = await period();
      const offenders = await startProgram('noisy-neighbour/offenders-program.ts', [
        JSON.stringify({
          service: { base: service.base, token: service.token },
          channel: `noise.${run}.${round}`,
          dataBytes,
          publicationsPerSecond: publications,
        } satisfies OffenderOptions),
      ]);
      const noisy = await period();
      const { requests } = JSON.parse(await offenders.stop()) as { readonly requests: number };
      const ratio = quantile(noisy.latenciesMs, 0.99) / quantile(calm.latenciesMs, 0.99);
      ratios.push(ratio);
      wrong += calm.wrong + noisy.wrong;
      const flood = `${Math.round(requests / seconds)} requests/s beside them`;
      print(`round ${round}: alone ${describe(calm)}; ${flood} ${describe(noisy)}; p99 ratio ${ratio.toFixed(2)}`);
    }
  } finally {
    crowd.close();
    await app?.stop();
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

/** In a process of its own, so that the clients' work does not delay it. */
async function startApp(local: boolean): Promise<Service & { stop(): Promise<unknown> }> {
  const app = local ? await startProgram('../local/main.ts', ['--json']) : await startProgram('peers/servers/lanes.ts', []);
  const { http, port, token } = JSON.parse(app.ready) as { readonly http?: string; readonly port?: number; readonly token: string };
  return { base: http ?? `http://127.0.0.1:${port}`, token, stop: app.stop };
}

interface RunningProgram {
  /** The line by which it says that it is ready. */
  readonly ready: string;
  /** Ends it. Resolves with its last line. */
  stop(): Promise<string>;
}

async function startProgram(file: string, args: readonly string[]): Promise<RunningProgram> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout);
  let last = '';
  lines.on('line', (line) => {
    last = line;
  });
  const ended = exited.then(() => Promise.reject(new Error(`${file} ended before it was ready`)));
  const [ready] = await Promise.race([once(lines, 'line'), ended]);
  return {
    ready: String(ready),
    stop: async () => {
      child.kill('SIGTERM');
      await exited;
      return last;
    },
  };
}

await program.parseAsync();
