import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** `cdk synth` did not succeed. The message holds what it printed. */
export class SynthesisError extends Error {
  override readonly name = 'SynthesisError';
}

/**
 * Synthesizes the app of this repository into a directory.
 * @throws SynthesisError, or the signal's reason when it aborts first; no process is left then
 */
export async function synthesize(directory: string, stage: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const cli = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  // What runs here is not deployed, and the checks of the templates take longer than all the rest of a synth.
  const context = ['--context', `stage=${stage}`, '--context', 'checks=off'];
  const child = spawn(process.execPath, [cli, 'synth', '--quiet', '--no-notices', '--output', directory, ...context], {
    cwd: ROOT,
    env: { ...env, CDK_DISABLE_VERSION_CHECK: '1', CDK_DISABLE_CLI_TELEMETRY: 'true' },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that the app that the CLI starts ends with it.
    detached: true,
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => output.push(text));
  const stop = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  };
  signal.addEventListener('abort', stop, { once: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (code !== 0) throw new SynthesisError(`cdk synth of stage ${stage} failed:\n${output.join('')}`);
}
