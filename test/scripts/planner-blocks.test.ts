import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DEPLOYED_STAGES } from '../../packages/planner/src/deployed.ts';
import { idleUsd } from '../../packages/planner/src/pages.ts';
import { withCosts } from '../../scripts/planner-blocks.ts';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'planner-blocks-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function written(text: string): string {
  const page = join(directory, 'page.md');
  writeFileSync(page, text);
  return withCosts(page);
}

test('a page with a place for it says what every stage costs', () => {
  const page = written('Choose.\n\n<!-- generated: idle-costs -->\nold: `dev` 5000\n<!-- /generated -->\n');
  expect(page).toMatch(/^Choose\./);
  expect(page).not.toContain('5000');
  for (const stage of DEPLOYED_STAGES) expect(page).toContain(`\`${stage}\` ${Math.round(idleUsd(stage))}`);
});

test('a page with a place for it says what a million events of each kind cost', () => {
  const page = written('Choose.\n\n<!-- generated: kind-costs -->\n<!-- /generated -->\n');
  for (const kind of ['durable', 'latest', 'ephemeral']) expect(page).toMatch(new RegExp(`^\\| \`${kind}\` \\| \\d`, 'm'));
});

test('a page without one stays as it is', () => {
  expect(written('A page of ours.\n')).toBe('A page of ours.\n');
});
