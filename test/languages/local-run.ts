import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '../..');

/** What the local run prints with --json. Empty for a lane that is not there. */
export interface RunUrls {
  readonly http: string;
  readonly websocket: string;
  readonly token: string;
}

export interface LocalRun {
  readonly urls: RunUrls;
  stop(): Promise<void>;
}

/** Starts the local run, and waits until it is ready. @throws Error with what it said, if it ends before that */
export async function startLocalRun(signal: AbortSignal): Promise<LocalRun> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, ['packages/assembly-local/main.ts', '--json'], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const exited = once(child, 'exit');
  const interrupt = () => child.kill('SIGINT');
  signal.addEventListener('abort', interrupt, { once: true });
  const ready = once(createInterface(child.stdout), 'line') as Promise<[line: string]>;
  const first = await Promise.race([ready, exited.then(() => undefined)]);
  if (first === undefined) throw new Error(`the local run has ended: ${said}`);
  return {
    urls: JSON.parse(first[0]),
    async stop() {
      interrupt();
      await exited;
    },
  };
}
