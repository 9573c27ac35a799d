import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SchemaDocument } from './json-schema.ts';

const HERE = import.meta.dirname;

/** The documents of every lane: each has them in a folder beside this file, which goes with the lane. */
export async function schemaDocuments(): Promise<readonly SchemaDocument[]> {
  const lanes = readdirSync(HERE).filter((name) => existsSync(join(HERE, name, 'documents.ts')));
  const modules: readonly { readonly documents: readonly SchemaDocument[] }[] = await Promise.all(
    lanes.map((lane) => import(`./${lane}/documents.ts`)),
  );
  return modules.flatMap(({ documents }) => documents);
}

/** The text of a document's file. */
export function textOf({ content }: SchemaDocument): string {
  return `${JSON.stringify(content, undefined, 2)}\n`;
}
