import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { CAPACITY } from '../../src/data/capacity.ts';
import { QUOTAS } from '../../src/data/quotas.ts';
import type { Figure } from '../../src/figure.ts';

const ROOT = join(import.meta.dirname, '../../../..');

/** Files of this repository that a figure comes from. */
const filesIn = (source: string): readonly string[] =>
  source.match(/\b(backbone|docs|fargate|lambda|lib|packages)\/[\w/.-]+\.(ts|md)\b/g) ?? [];

const ROWS = [...Object.entries<Figure>(QUOTAS), ...Object.entries<Figure>(CAPACITY)].flatMap(([id, { source }]) =>
  filesIn(source).map((file) => [id, file] as const),
);

test.each(ROWS)('%s comes from a file that is there: %s', (_id, file) => {
  expect(existsSync(join(ROOT, file))).toBe(true);
});
