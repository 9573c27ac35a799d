/** Pages on which a reader chooses a stage say what each costs while nobody uses it. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { DEPLOYED_STAGES } from '../packages/planner/src/deployed.ts';
import { idleUsd } from '../packages/planner/src/pages.ts';
import { COST_PAGE } from './deployed-resources.ts';
import { hasBlock, withBlocks } from './generated-blocks.ts';

const ROOT = join(import.meta.dirname, '..');

export const CHOICE_PAGES = ['README.md', 'docs/first-deploy.md'].map((page) => join(ROOT, page));

const BLOCK = 'idle-costs';

/** The text of such a page with today's costs. A page without a place for them, as a project may have, stays as it is. */
export function withIdleCosts(path: string): string {
  const page = readFileSync(path, 'utf8');
  if (!hasBlock(page, BLOCK)) return page;
  const costs = DEPLOYED_STAGES.map((stage) => `\`${stage}\` ${Math.round(idleUsd(stage))}`);
  const link = relative(dirname(path), COST_PAGE);
  return withBlocks(page, {
    [BLOCK]: `**USD a month while nobody is connected**, [by the planner](${link}#idle-stages): ${costs.join(', ')}.`,
  });
}
