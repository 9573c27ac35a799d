/** `npm run schemas`: writes the OpenAPI and AsyncAPI documents of the lanes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createCommand, runCommand } from '../../command-line/command.ts';
import { schemaDocuments, textOf } from './documents.ts';

const ROOT = join(import.meta.dirname, '../..');

function parse(argv: readonly string[]): void {
  createCommand('schemas', 'Writes the OpenAPI and AsyncAPI documents in docs/, from the schemas of packages/protocol.').parse(argv);
}

async function main(): Promise<undefined> {
  for (const document of await schemaDocuments()) {
    writeFileSync(join(ROOT, document.path), textOf(document));
    console.log(document.path);
  }
}

await runCommand(parse, main);
