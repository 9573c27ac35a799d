import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { untilClosed } from '../../command-line/process-group.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface CdkOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Ends the CDK and whatever it has started. */
  readonly signal: AbortSignal;
  /** Called with each line as it is printed. */
  readonly onLine?: (line: string) => void;
}

/**
 * Runs the CDK's command line in this repository.
 * @returns its exit code, and everything that it printed; rejects with the signal's reason if it aborts
 * first: no process is left then
 */
export async function runCdk(args: readonly string[], { env, signal, onLine }: CdkOptions) {
  const cli = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  const child = spawn(process.execPath, [cli, ...args, '--no-notices'], {
    cwd: ROOT,
    env: { ...env, CDK_DISABLE_VERSION_CHECK: '1', CDK_DISABLE_CLI_TELEMETRY: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that the app that the CLI starts ends with it.
    detached: true,
  });
  const output: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', (line) => {
      output.push(line);
      onLine?.(line);
    });
  }
  const code = await untilClosed(child, signal);
  return { code, output: output.join('\n') };
}
