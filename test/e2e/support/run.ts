import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { useToken } from './clients.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** The line that `npm start -- --json` prints. */
export interface RunUrls {
  readonly console: string;
  readonly http: string;
  readonly https: string;
  readonly websocket: string;
  readonly endpoint: string;
  readonly token: string;
}

export interface Run {
  readonly urls: RunUrls;
  readonly process: ChildProcess;
  /** Everything that went to standard output and standard error so far. */
  readonly output: { stdout: string; stderr: string };
  /** SIGINT, as Ctrl-C sends it; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export function assemblyDir(): string {
  const dir = process.env['LANES_E2E_ASSEMBLY'];
  if (dir === undefined) throw new Error('the end-to-end project of jest.config.mjs has not run its global setup');
  return dir;
}

/** Where every run leaves what its roles were granted and used; the global teardown judges it. */
export function accessReportDir(): string {
  const dir = process.env['LANES_E2E_ACCESS_REPORTS'];
  if (dir === undefined) throw new Error('the end-to-end project of jest.config.mjs has not run its global setup');
  return dir;
}

/** Starts the command line of the local run as a user does, and waits for its line of JSON. `env` is added to the environment. */
export async function startRun(args: readonly string[] = ['--app', assemblyDir()], env: NodeJS.ProcessEnv = {}): Promise<Run> {
  const child = spawn(
    process.execPath,
    ['packages/assembly-local/main.ts', '--json', '--strict', '--access-report', accessReportDir(), ...args],
    {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const line = new Promise<string>((resolve) => createInterface(child.stdout).once('line', resolve));
  const first = await Promise.race([line, exited]);
  if (typeof first !== 'string') throw new Error(`the local run ended with ${first} before it was ready:\n${output.stderr}`);
  const urls = JSON.parse(first) as RunUrls;
  useToken(urls.token);
  return {
    urls,
    process: child,
    output,
    stop: () => {
      child.kill('SIGINT');
      return exited;
    },
  };
}
