import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Option } from 'commander';

/**
 * Ids of all stages, from their file names (`lib/stages/<id>.ts`). Importing the stages would load the lanes
 * and the whole CDK: `--help` and a misspelled option would take a second longer.
 */
export function stageIds(): readonly string[] {
  return readdirSync(join(import.meta.dirname, '../lib/stages'))
    .map((file) => basename(file, '.ts'))
    .sort();
}

/** `--stage <id>`, one of the existing stages. */
export function stageOption(description: string, byDefault: string): Option {
  return new Option('--stage <id>', description).choices(stageIds()).default(byDefault);
}
