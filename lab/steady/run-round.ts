import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { inMode, load } from './machine.ts';
import { outcomeOf } from './outcome.ts';
import type { Turn } from './plan.ts';
import { killTree } from './process-tree.ts';
import type { Round } from './rounds.ts';

export interface RoundOptions extends Turn {
  readonly seed: number;
  readonly commit: string;
  /** Files of tests; all of the suite's when empty. */
  readonly only: readonly string[];
  readonly root: string;
  /** Where logs and Jest's cache are kept. */
  readonly artifacts: string;
}

/** Runs a suite once. When the signal aborts, no process and no temporary file is left. @throws the signal's reason */
export async function runRound(options: RoundOptions, signal: AbortSignal): Promise<Round> {
  const { suite, mode, seed, commit, only, root, artifacts } = options;
  mkdirSync(artifacts, { recursive: true });
  // Tests that are killed leave what they have made.
  const temporary = mkdtempSync(join(tmpdir(), 'lanes-steady-'));
  const report = join(temporary, 'report.json');
  const log = join(artifacts, `${suite}-${mode}-${seed}.log`);
  // Jest keeps its cache among the temporary files, unless it is told where.
  const flags = [`--seed=${seed}`, '--json', `--outputFile=${report}`, `--cacheDirectory=${join(artifacts, 'cache')}`];
  const [program = '', ...args] = inMode(mode, ['npm', 'run', `test:${suite}`, '--', ...flags, ...only]);

  const startedAtMs = performance.now();
  const unload = load(mode);
  try {
    const exitCode = await run({ program, args, log, env: { ...process.env, TMPDIR: temporary }, root }, signal);
    const outcome = outcomeOf(existsSync(report) ? readFileSync(report, 'utf8') : undefined, exitCode, root);
    const isRed = outcome.failures.length > 0;
    if (!isRed) rmSync(log);
    return {
      suite,
      mode,
      seed,
      commit,
      finishedAt: new Date().toISOString(),
      durationMs: Math.round(performance.now() - startedAtMs),
      tests: outcome.tests,
      failures: [...outcome.failures],
      ...(isRed && { log: relative(root, log) }),
    };
  } finally {
    unload();
    rmSync(temporary, { recursive: true, force: true });
  }
}

interface Program {
  readonly program: string;
  readonly args: readonly string[];
  /** What it prints, on both outputs. */
  readonly log: string;
  readonly env: NodeJS.ProcessEnv;
  readonly root: string;
}

async function run({ program, args, log, env, root }: Program, signal: AbortSignal): Promise<number | null> {
  signal.throwIfAborted();
  // A session of its own: Ctrl-C of the terminal comes to this process alone, which ends all others in order.
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const kill = () => {
    if (child.pid !== undefined && child.exitCode === null) killTree(child.pid);
  };
  signal.addEventListener('abort', kill, { once: true });
  const output = createWriteStream(log);
  try {
    const [code] = await Promise.all([
      new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve)),
      pipeline(child.stdout, output, { end: false }),
      pipeline(child.stderr, output, { end: false }),
    ]);
    signal.throwIfAborted();
    return code;
  } finally {
    signal.removeEventListener('abort', kill);
    output.end();
  }
}
