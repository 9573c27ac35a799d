import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Option } from 'commander';

/**
 * Ids of all stages, by their files (`lib/stages/<id>.ts`). The stages themselves would load the lanes and the whole CDK: a second in
 * which `--help` and a misspelt option would wait.
 */
export function stageIds(): readonly string[] {
  return readdirSync(join(import.meta.dirname, '../lib/stages'))
    .map((file) => basename(file, '.ts'))
    .sort();
}

/** `--stage <id>`, one of the stages that exist. */
export function stageOption(description: string, byDefault: string): Option {
  return new Option('--stage <id>', description).choices(stageIds()).default(byDefault);
}
