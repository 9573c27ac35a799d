import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import { synthesize } from '../../local/synth.ts';

export interface AssemblyOptions {
  readonly stage: string;
  readonly app?: string;
}

/** Options of a command that has a task of a stage. */
export const ASSEMBLY_OPTIONS: readonly Option[] = [
  new Option('--stage <name>', 'the stage whose settings the task has').default('prod'),
  new Option('--app <dir>', 'read them from an assembly that exists, for example cdk.out, instead of synthesizing'),
];

/** Uses the assembly named, or one that is synthesized for it, which takes some seconds, and gone afterwards. */
export async function withAssembly<T>(
  { stage, app }: AssemblyOptions,
  signal: AbortSignal,
  use: (assemblyDir: string) => Promise<T>,
): Promise<T> {
  if (app !== undefined) return use(app);
  const directory = await mkdtemp(join(tmpdir(), 'realtime-lanes-bench-'));
  try {
    await synthesize(directory, stage, { env: process.env, signal });
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}
