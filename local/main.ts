/** `npm start`: runs what `cdk synth` makes, on this machine. `npm start -- --help` tells the options. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { USAGE_ERROR, wholeNumber } from './command-line.ts';
import { createLog } from './log.ts';
import { onParentGone } from './parent-watch.ts';
import { type LocalRun, startLocalRun } from './run.ts';
import { summary } from './summary.ts';
import { synthesize } from './synth.ts';

interface Options {
  readonly json: boolean;
  readonly tasks: number;
  readonly stage: string;
  readonly app?: string;
  readonly accessReport?: string;
  readonly verbose: boolean;
  readonly socketIdle: number;
  readonly socketLifetime: number;
}

/** One Ctrl-C arrives twice: from the terminal, and handed on by npm. */
const SIGNAL_ECHO_MS = 500;

const program = new Command('npm start --')
  .description('Runs both lanes on this machine, from the synthesized templates. Needs no AWS account and no Docker.')
  .addOption(new Option('--json', 'print one line of JSON with the URLs when all is ready, and take free ports').default(false))
  .addOption(new Option('--tasks <n>', 'tasks of the SSE service').argParser(wholeNumber(1, 20)).default(2))
  .addOption(new Option('--stage <name>', 'the stage to synthesize').default('dev'))
  .addOption(new Option('--app <dir>', 'run an assembly that exists, for example cdk.out, instead of synthesizing'))
  .addOption(
    new Option('--socket-idle <s>', 'seconds without a message after which a WebSocket is closed')
      .argParser(wholeNumber(1, 600))
      .default(600),
  )
  .addOption(new Option('--socket-lifetime <s>', 'seconds after which a WebSocket is closed').argParser(wholeNumber(1, 7200)).default(7200))
  .addOption(
    new Option('--access-report <dir>', 'when it ends, write to this directory what the roles were granted and what they have used of it'),
  )
  .addOption(new Option('--verbose', 'show the log lines of functions and tasks').default(false))
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE_ERROR))
  .action(main);

async function main(options: Options): Promise<void> {
  const log = createLog({ verbose: options.verbose });
  const startedMs = performance.now();
  const progress = (text: string) => log.notice(`${((performance.now() - startedMs) / 1000).toFixed(1)} s`, text);
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => stopping.signal.addEventListener('abort', () => resolve()));
  let firstSignalMs = Number.POSITIVE_INFINITY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // Whoever asks again does not want to wait. Functions and tasks end with this process.
      if (performance.now() - firstSignalMs > SIGNAL_ECHO_MS) process.exit(130);
      firstSignalMs = Math.min(firstSignalMs, performance.now());
      stopping.abort();
    });
  }
  // Started by hand, in the background, it may outlive its shell; started by npm it must not outlive npm.
  if (process.env['npm_lifecycle_event'] !== undefined) onParentGone(() => stopping.abort());

  let temporary: string | undefined;
  let run: LocalRun | undefined;
  try {
    if (options.app === undefined) {
      temporary = await mkdtemp(join(tmpdir(), 'realtime-lanes-'));
      progress(`synthesizing stage ${options.stage} …`);
      await synthesize(temporary, options.stage, { env: process.env, signal: stopping.signal });
    }
    progress('starting …');
    run = await startLocalRun({
      assemblyDir: options.app ?? temporary ?? '',
      tasks: options.tasks,
      ports: options.json ? 'free' : 'preferred',
      connectionLimits: { idleTimeoutMs: options.socketIdle * 1000, maxDurationMs: options.socketLifetime * 1000 },
      accessReportDir: options.accessReport,
      log,
    });
    progress('ready');
    if (options.json) process.stdout.write(`${JSON.stringify({ ...run.urls, token: run.token })}\n`);
    else process.stdout.write(summary(run));
    await stopped;
    progress('stopping …');
  } catch (error) {
    if (!stopping.signal.aborted) {
      log.notice('error', error instanceof Error ? `${error.name}: ${error.message}` : String(error));
      if (options.verbose && error instanceof Error) log.notice('error', error.stack ?? '');
      process.exitCode = 1;
    }
  } finally {
    await run?.close();
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
  process.exit();
}

await program.parseAsync();
