import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { renderWhichPage, WHICH_PAGE } from '../../../../scripts/which/page.ts';
import { type Synthesis, synthesize } from '../../../lib/synthesis.ts';

let prod: Synthesis;

beforeAll(() => {
  prod = synthesize('prod');
}, 120_000);

afterAll(() => {
  rmSync(prod.outDir, { recursive: true });
});

test('the tables of docs/which.md are those of the planner, the templates and the measurements: npm run which writes them', () => {
  const page = readFileSync(WHICH_PAGE, 'utf8');
  expect(page).toBe(renderWhichPage(page, prod.outDir));
});
