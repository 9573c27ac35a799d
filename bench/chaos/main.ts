/** `npm run chaos`: see `npm run chaos -- --help`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../local/log.ts';
import { synthesize } from '../../local/synth.ts';
import { runChaos } from './driver.ts';
import { parseCommandLine } from './options.ts';
import { formatReport, isKept, summarize } from './report.ts';

const DETAILS = { some: 5, all: 1_000 };

/** Where standard error is no terminal, progress is a line now and then. */
const PLAIN_PROGRESS_EVERY_MS = 15_000;

const options = parseCommandLine(process.argv);
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Whoever asks twice does not want to wait for the judgement.
    if (stopping.signal.aborted) process.exit(130);
    stopping.abort();
  });
}

function createProgress(): (text: string) => void {
  if (process.stderr.isTTY) return (text) => process.stderr.write(`\r\x1b[K${text.slice(0, process.stderr.columns - 1)}`);
  let nextMs = 0;
  return (text) => {
    if (Date.now() < nextMs) return;
    nextMs = Date.now() + PLAIN_PROGRESS_EVERY_MS;
    process.stderr.write(`${text}\n`);
  };
}

// The functions and tasks report every fault as an error; that is what they are for here.
const quiet = { detail: () => undefined, notice: () => undefined };
let temporary: string | undefined;
try {
  process.stderr.write(`seed ${options.seed}\n`);
  if (options.app === undefined) {
    temporary = await mkdtemp(join(tmpdir(), 'realtime-lanes-chaos-'));
    await synthesize(temporary, 'dev', { env: process.env, signal: stopping.signal });
  }
  const result = await runChaos(
    {
      ...options,
      assemblyDir: options.app ?? temporary ?? '',
      log: options.verbose ? createLog({ verbose: true }) : quiet,
      onProgress: createProgress(),
    },
    stopping.signal,
  );
  if (process.stderr.isTTY) process.stderr.write('\n');
  const text = options.json
    ? JSON.stringify({ seed: options.seed, kept: isKept(result), ...Object.fromEntries(summarize(result)) })
    : formatReport(result, options.verbose ? DETAILS.all : DETAILS.some);
  process.stdout.write(`${text}\n`);
  process.exitCode = isKept(result) ? 0 : 1;
} finally {
  if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
}
process.exit();
