import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');

/** `cdk synth` did not succeed; its own output has gone to standard error. */
export class SynthesisError extends Error {
  override readonly name = 'SynthesisError';
}

/**
 * Synthesizes the app of this repository into a directory.
 * @throws SynthesisError, or the signal's reason when it aborts first
 */
export async function synthesize(directory: string, stage: string, signal: AbortSignal): Promise<void> {
  const cli = join(ROOT, 'node_modules', 'aws-cdk', 'bin', 'cdk');
  const child = spawn(process.execPath, [cli, 'synth', '--quiet', '--no-notices', '--output', directory, '--context', `stage=${stage}`], {
    cwd: ROOT,
    env: { ...process.env, CDK_DISABLE_VERSION_CHECK: '1' },
    // Standard output belongs to what the local run answers.
    stdio: ['ignore', process.stderr, process.stderr],
  });
  const stop = () => child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', resolve);
  });
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (code !== 0) throw new SynthesisError(`cdk synth of stage ${stage} failed with exit code ${code}`);
}
