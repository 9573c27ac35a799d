import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evidenceFor } from '../../packages/planner/src/evidence.ts';
import { rowOf } from '../../packages/planner/src/matrix.ts';
import { matrixNote } from '../../packages/planner/src/matrix-note.ts';
import {
  differencesText,
  type Matrix,
  matrixTable,
  measurementsTable,
  reasonsText,
  USE_CASE_IDS,
} from '../../packages/planner/src/matrix-text.ts';
import type { Measured } from '../../packages/planner/src/measured.ts';
import { withBlocks } from '../generated-blocks.ts';
import { complexityOf, renderComplexity } from './complexity.ts';
import { differences } from './differences.ts';
import { renderPath } from './path.ts';

const ROOT = join(import.meta.dirname, '../..');

export const WHICH_PAGE = join(ROOT, 'docs', 'which.md');

/** Written by `npm run compare`. */
const MEASURED = join(ROOT, 'packages/planner/src/data/measured.json');

/**
 * The page with its generated parts as they have to be.
 * @param assemblyDir of the stage `prod`
 */
export function renderWhichPage(page: string, assemblyDir: string): string {
  const measured: Measured | undefined = existsSync(MEASURED) ? JSON.parse(readFileSync(MEASURED, 'utf8')) : undefined;
  const matrix = Object.fromEntries(USE_CASE_IDS.map((useCase) => [useCase, rowOf(useCase, evidenceFor(useCase, measured))])) as Matrix;
  const operations = {
    'SSE lane': complexityOf(assemblyDir, 'sse'),
    'WebSocket lane': complexityOf(assemblyDir, 'websocket'),
    'shared by both': complexityOf(assemblyDir, 'backbone'),
  };
  return withBlocks(page, {
    path: renderPath(),
    matrix: `${matrixTable(matrix, measured)}\n\n${matrixNote(measured)}`,
    differences: differencesText(matrix, differences),
    reasons: reasonsText(matrix),
    measurements: measurementsTable(measured),
    operations: renderComplexity(operations),
  });
}
