/** `npm start`: runs what `cdk synth` makes, on this machine. `npm start -- --help` tells the options. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { createCommand, runCommand } from '../../command-line/command.ts';
import { stageOption } from '../../command-line/stage-option.ts';
import { assembly, directory, wholeNumber } from '../../command-line/values.ts';
import { createLog } from './log.ts';
import type { LocalRun } from './run.ts';
import { summary } from './summary.ts';
import { synthesize } from './synth.ts';

interface Options {
  readonly json: boolean;
  readonly tasks: number;
  readonly stage: string;
  readonly app?: string;
  readonly accessReport?: string;
  readonly strict: boolean;
  readonly verbose: boolean;
  readonly socketIdle: number;
  readonly socketLifetime: number;
}

function parse(argv: readonly string[]): Options {
  return createCommand('start', 'Runs the app on this machine, from the synthesized templates. Needs no AWS account and no Docker.')
    .addOption(new Option('--json', 'print one line of JSON with the URLs when all is ready, and take free ports').default(false))
    .addOption(new Option('--tasks <n>', 'tasks of the SSE service').argParser(wholeNumber(1, 20)).default(2))
    .addOption(stageOption('the stage to synthesize', 'dev'))
    .addOption(new Option('--app <dir>', 'run an assembly that exists, for example cdk.out, instead of synthesizing').argParser(assembly))
    .addOption(
      new Option('--socket-idle <s>', 'seconds without a message after which a WebSocket is closed')
        .argParser(wholeNumber(1, 600))
        .default(600),
    )
    .addOption(
      new Option('--socket-lifetime <s>', 'seconds after which a WebSocket is closed').argParser(wholeNumber(1, 7200)).default(7200),
    )
    .addOption(
      new Option(
        '--access-report <dir>',
        'when it ends, write to this directory what the roles were granted and what they have used of it',
      ).argParser(directory),
    )
    .addOption(
      new Option('--strict', 'end with an error where something of the app is not supported, and would be left out').default(false),
    )
    .addOption(new Option('--verbose', 'show the log lines of functions and tasks').default(false))
    .parse(argv)
    .opts();
}

/** Ctrl-C is how it ends: once it is ready, that is a success. */
async function main(options: Options, signal: AbortSignal): Promise<number> {
  const log = createLog({ verbose: options.verbose });
  const startedMs = performance.now();
  const progress = (text: string) => log.notice(`${((performance.now() - startedMs) / 1000).toFixed(1)} s`, text);
  const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  let temporary: string | undefined;
  let run: LocalRun | undefined;
  try {
    if (options.app === undefined) {
      temporary = await mkdtemp(join(tmpdir(), 'realtime-lanes-'));
      progress(`synthesizing stage ${options.stage} …`);
      await synthesize(temporary, options.stage, { env: process.env, signal });
    }
    progress('starting …');
    // Not at the top: everything that runs the app would be loaded before `--help` is shown, or a bad value refused.
    const { startLocalRun } = await import('./run.ts');
    run = await startLocalRun({
      assemblyDir: options.app ?? temporary ?? '',
      tasks: options.tasks,
      ports: options.json ? 'free' : 'preferred',
      connectionLimits: { idleTimeoutMs: options.socketIdle * 1000, maxDurationMs: options.socketLifetime * 1000 },
      accessReportDir: options.accessReport,
      strict: options.strict,
      log,
    });
    signal.throwIfAborted();
    progress('ready');
    if (options.json) process.stdout.write(`${JSON.stringify({ ...run.urls, token: run.token })}\n`);
    else process.stdout.write(summary(run));
    await stopped;
    progress('stopping …');
    return 0;
  } finally {
    await run?.close();
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}

await runCommand(parse, main);
