import { runCdk } from './cdk-cli.ts';

/** `cdk synth` did not succeed. The message holds what it printed. */
export class SynthesisError extends Error {
  override readonly name = 'SynthesisError';
}

/**
 * Synthesizes the app of this repository into a directory.
 * @throws SynthesisError, or the signal's reason when it aborts first; no process is left then
 */
export async function synthesize(directory: string, stage: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  // What runs here is not deployed, and the checks of the templates take longer than all the rest of a synth.
  const context = ['--context', `stage=${stage}`, '--context', 'checks=off'];
  const { code, output } = await runCdk(['synth', '--quiet', '--output', directory, ...context], { env, signal });
  if (code !== 0) throw new SynthesisError(`cdk synth of stage ${stage} failed:\n${output}`);
}
