/** What the planner says on pages that are written by hand: what stages cost while nobody uses them, and what kinds of channels cost. */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { DEPLOYED_STAGES } from '../packages/planner/src/deployed.ts';
import { factsOf } from '../packages/planner/src/facts.ts';
import { renderKindCosts } from '../packages/planner/src/kinds.ts';
import { idleUsd } from '../packages/planner/src/pages.ts';
import { COST_PAGE } from './deployed-resources.ts';
import { hasBlock, withBlocks } from './generated-blocks.ts';

const ROOT = join(import.meta.dirname, '..');

export const PAGES_WITH_COSTS = ['README.md', 'docs/first-deploy.md', 'docs/publish.md'].map((page) => join(ROOT, page));

const BLOCKS: Readonly<Record<string, (path: string) => string>> = {
  'idle-costs': (path) => {
    const costs = DEPLOYED_STAGES.map((stage) => `\`${stage}\` ${Math.round(idleUsd(stage))}`);
    const link = relative(dirname(path), COST_PAGE);
    return `**USD a month while nobody is connected**, [by the planner](${link}#idle-stages): ${costs.join(', ')}.`;
  },
  'kind-costs': () => renderKindCosts(factsOf('us-east-1')),
};

/** The text of such a page with today's costs. A page without a place for them, as a project may have, stays as it is. */
export function withCosts(path: string): string {
  const page = readFileSync(path, 'utf8');
  const blocks = Object.entries(BLOCKS).filter(([name]) => hasBlock(page, name));
  return withBlocks(page, Object.fromEntries(blocks.map(([name, render]) => [name, render(path)])));
}
