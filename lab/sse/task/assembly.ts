import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { stageOption } from '../../../command-line/stage-option.ts';
import { assembly } from '../../../command-line/values.ts';
import { synthesize } from '../../../packages/assembly-local/synth.ts';

export interface AssemblyOptions {
  readonly stage: string;
  readonly app?: string;
}

/** Adds the options of a command that runs a task of a stage. */
export function addAssemblyOptions(command: Command, stage = 'prod'): Command {
  return command
    .addOption(stageOption('the stage whose settings the task has', stage))
    .addOption(
      new Option('--app <dir>', 'read them from an assembly that exists, for example cdk.out, instead of synthesizing').argParser(assembly),
    );
}

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
