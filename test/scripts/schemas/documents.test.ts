import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { schemaDocuments, textOf } from '../../../scripts/schemas/documents.ts';

const ROOT = join(import.meta.dirname, '../../..');

test('the OpenAPI and AsyncAPI documents are those of the schemas (npm run schemas)', async () => {
  const documents = await schemaDocuments();

  expect(documents.length).toBeGreaterThan(0);
  for (const document of documents) expect(readFileSync(join(ROOT, document.path), 'utf8')).toBe(textOf(document));
});
