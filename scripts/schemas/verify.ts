/** `npm run verify:schemas`: see `npm run verify:schemas -- --help`. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createCommand, runCommand } from '../../command-line/command.ts';
import { INSTALL_FLAGS, withRegistry } from '../../command-line/npm-registry.ts';
import { runUntil } from '../../command-line/program.ts';
import { schemaDocuments, textOf } from './documents.ts';

function parse(argv: readonly string[]): void {
  createCommand(
    'verify:schemas',
    'Validates the OpenAPI and AsyncAPI documents with the parser of the AsyncAPI Initiative and the schemas of the OpenAPI Initiative, which it installs in a temporary directory. Needs an npm registry.',
  ).parse(argv);
}

async function main(_options: unknown, signal: AbortSignal): Promise<number | undefined> {
  const documents = await schemaDocuments();
  const home = mkdtempSync(join(tmpdir(), 'lanes-schemas-'));
  const run = runUntil(signal, { cwd: home, linesShown: 40 });
  try {
    return await withRegistry(async () => {
      cpSync(join(import.meta.dirname, 'validators'), home, { recursive: true });
      await run('npm', ['ci', ...INSTALL_FLAGS]);
      // The parser follows references to other files from where the document is.
      const files = documents.map((document) => {
        const name = `${basename(dirname(document.path))}-${basename(document.path)}`;
        writeFileSync(join(home, name), textOf(document));
        return name;
      });
      console.log(await run(process.execPath, ['validate.mjs', ...files]));
    });
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

await runCommand(parse, main);
