import { Option } from 'commander';
import { STAGES } from '../lib/stages.ts';

/** `--stage <id>`, one of the stages that exist. */
export function stageOption(description: string, byDefault: string): Option {
  return new Option('--stage <id>', description).choices(STAGES.map(({ id }) => id)).default(byDefault);
}
