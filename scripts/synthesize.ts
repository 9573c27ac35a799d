import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../packages/assembly-local/synth.ts';

/**
 * Synthesizes a stage into a directory that is deleted afterwards.
 * @param checks whether to check the templates
 * @param signal ends it
 * @param read what to do with the assembly; its result is returned
 * @throws SynthesisError, the signal's reason, or what `read` throws
 */
export async function withAssembly<T>(
  stage: string,
  { checks, signal }: { readonly checks: boolean; readonly signal: AbortSignal },
  read: (assemblyDir: string) => T,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'realtime-lanes-assembly-'));
  try {
    await synthesize(directory, stage, { env: process.env, signal, checks });
    return read(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}
