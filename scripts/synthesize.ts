import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../local/synth.ts';

/**
 * Synthesizes a stage into a directory that is gone afterwards, also when the script is interrupted.
 * @param checks whether to check the templates
 * @param read what to do with the assembly; its result is returned
 * @throws SynthesisError, or what `read` throws
 */
export async function withAssembly<T>(
  stage: string,
  { checks }: { readonly checks: boolean },
  read: (assemblyDir: string) => T,
): Promise<T> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  const directory = await mkdtemp(join(tmpdir(), 'realtime-lanes-assembly-'));
  try {
    await synthesize(directory, stage, { env: process.env, signal: interrupted.signal, checks });
    return read(directory);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, interrupt);
    await rm(directory, { recursive: true });
  }
}
