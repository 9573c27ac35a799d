/** `npm run bench:noisy`: what a client that stops reading and one that floods cost 200 others. `-- --help` tells the options. */
import { join } from 'node:path';
import { Option } from 'commander';
import { createCommand, runCommand } from '../command-line/command.ts';
import { positiveNumber, wholeNumber } from '../command-line/values.ts';
import { median } from './measure/median.ts';
import { Crowd, type Period, quantile } from './noisy-neighbour/crowd.ts';
import type { OffenderOptions } from './noisy-neighbour/offenders.ts';
import type { Service } from './noisy-neighbour/publishing.ts';
import { type ServerProcess, startServerProcess } from './peers/server-process.ts';

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

/** A whole local run synthesizes first, and lets its tasks drain at the end. */
const PATIENCE = { startMs: 120_000, stopMs: 60_000 };

const parse = (argv: readonly string[]) =>
  createCommand(
    'bench:noisy',
    'Measures the latency of normal streams in turn with and without two clients that misbehave, in one run of the SSE service.',
  )
    .addOption(
      new Option('--local', 'beside the emulators of a whole local run, instead of over ports in memory').default(false).conflicts('url'),
    )
    .addOption(new Option('--url <url>', 'a service that runs already'))
    .addOption(new Option('--token <jwt>', 'what that service takes'))
    .addOption(new Option('--streams <n>', 'normal streams').default(200).argParser(wholeNumber(1, 10_000)))
    .addOption(
      new Option('--rounds <n>', 'pairs of a period without and one with the offenders').default(5).argParser(wholeNumber(1, 1_000)),
    )
    .addOption(new Option('--seconds <s>', 'length of a period').default(10).argParser(positiveNumber(1_000)))
    .addOption(new Option('--per-second <n>', 'events published for the normal streams').default(10).argParser(positiveNumber(1_000)))
    .addOption(
      new Option('--data-bytes <n>', 'size of the events of the flooding client').default(16_384).argParser(wholeNumber(1, 98_304)),
    )
    .addOption(
      new Option('--publications <n>', 'publications per second of the flooding client, which sends all else without a pause')
        .default(10)
        .argParser(positiveNumber(10_000)),
    )
    .parse(argv)
    .opts<Options>();

async function main(options: Options, signal: AbortSignal): Promise<number | undefined> {
  const { streams, rounds, seconds, perSecond, dataBytes, publications } = options;
  const app = options.url === undefined ? await startApp(options.local) : undefined;
  const service: Service = app ?? { base: options.url ?? '', token: options.token ?? '' };
  const run = Date.now().toString(36);
  const crowd = new Crowd(service, `crowd.${run}`);
  const ratios: number[] = [];
  let wrong = 0;
  try {
    await crowd.open(streams);
    const period = () => crowd.period(seconds, perSecond, signal);
    // The first one warms up what compiles and connects at first use.
    await period();
    for (let round = 1; round <= rounds; round++) {
      const calm = await period();
      const offenders = startProgram('noisy-neighbour/offenders-program.ts', [
        JSON.stringify({
          service: { base: service.base, token: service.token },
          channel: `noise.${run}.${round}`,
          dataBytes,
          publicationsPerSecond: publications,
        } satisfies OffenderOptions),
      ]);
      await offenders.firstLine();
      const noisy = await period().finally(offenders.stop);
      const { requests } = JSON.parse(offenders.lastLine()) as { readonly requests: number };
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
  const middle = median(ratios) ?? Number.NaN;
  print(`median p99 ratio ${middle.toFixed(2)} (limit ${MAX_RATIO}); streams with a lost, doubled or reordered event: ${wrong}`);
  return middle <= MAX_RATIO && wrong === 0 ? undefined : 1;
}

function describe({ latenciesMs }: Period): string {
  return `p50 ${quantile(latenciesMs, 0.5).toFixed(0)} ms, p99 ${quantile(latenciesMs, 0.99).toFixed(0)} ms`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** In a process of its own, so that the clients' work does not delay it. */
async function startApp(local: boolean): Promise<Service & { stop(): Promise<unknown> }> {
  const app = local ? startProgram('../local/main.ts', ['--json']) : startProgram('peers/servers/lanes.ts', []);
  const { http, port, token } = JSON.parse(await app.firstLine()) as {
    readonly http?: string;
    readonly port?: number;
    readonly token: string;
  };
  return { base: http ?? `http://127.0.0.1:${port}`, token, stop: app.stop };
}

function startProgram(file: string, args: readonly string[]): ServerProcess {
  return startServerProcess(process.execPath, [join(import.meta.dirname, file), ...args], PATIENCE);
}

await runCommand(parse, main);
