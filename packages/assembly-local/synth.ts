import { runCdk } from './cdk-cli.ts';

/** `cdk synth` has failed. The message contains its output. */
export class SynthesisError extends Error {
  override readonly name = 'SynthesisError';
}

export interface SynthesisOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Ends it; no process is left then. */
  readonly signal: AbortSignal;
  /**
   * Whether to check the templates, which takes longer than the rest of the synth.
   * @default false: what is not deployed need not be checked
   */
  readonly checks?: boolean;
}

/**
 * Synthesizes the app of this repository into a directory.
 * @throws SynthesisError, or the signal's reason if it aborts first
 */
export async function synthesize(directory: string, stage: string, { env, signal, checks = false }: SynthesisOptions): Promise<void> {
  const context = ['--context', `stage=${stage}`, ...(checks ? [] : ['--context', 'checks=off'])];
  const { code, output } = await runCdk(['synth', '--quiet', '--output', directory, ...context], { env, signal });
  if (code !== 0) throw new SynthesisError(`cdk synth of stage ${stage} failed:\n${output}`);
}
