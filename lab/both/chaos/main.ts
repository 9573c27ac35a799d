/** `npm run chaos`: see `npm run chaos -- --help`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../../../command-line/command.ts';
import { createLog } from '../../../packages/assembly-local/log.ts';
import { synthesize } from '../../../packages/assembly-local/synth.ts';
import { createProgress } from '../../shared/progress.ts';
import { parseCommandLine } from './options.ts';
import { formatReport, isKept, summarize } from './report.ts';

const DETAILS = { some: 5, all: 1_000 };

await runCommand(parseCommandLine, async (options, signal) => {
  // The functions and tasks report every fault as an error; that is what they are for here.
  const quiet = { detail: () => undefined, notice: () => undefined };
  const progress = createProgress();
  let temporary: string | undefined;
  try {
    process.stderr.write(`seed ${options.seed}\n`);
    if (options.app === undefined) {
      temporary = await mkdtemp(join(tmpdir(), 'realtime-lanes-chaos-'));
      await synthesize(temporary, 'dev', { env: process.env, signal });
    }
    // Not at the top: the local run and all clients would be loaded before `--help` is shown, or a bad value refused.
    const { runChaos } = await import('./driver.ts');
    const result = await runChaos(
      {
        ...options,
        assemblyDir: options.app ?? temporary ?? '',
        log: options.verbose ? createLog({ verbose: true }) : quiet,
        onProgress: progress.show,
      },
      signal,
    );
    progress.end();
    const text = options.json
      ? JSON.stringify({ seed: options.seed, kept: isKept(result), ...Object.fromEntries(summarize(result)) })
      : formatReport(result, options.verbose ? DETAILS.all : DETAILS.some);
    process.stdout.write(`${text}\n`);
    return isKept(result) ? undefined : 1;
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
});
