/** `npm run which`: writes the generated parts of docs/which.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createCommand, runCommand } from '../../command-line/command.ts';
import { withAssembly } from '../synthesize.ts';
import { renderWhichPage, WHICH_PAGE } from './page.ts';

function parse(argv: readonly string[]): void {
  createCommand('which', 'Writes the tables of docs/which.md: costs, matrix, what there is to operate. Takes some seconds.').parse(argv);
}

async function main(_options: unknown, signal: AbortSignal): Promise<undefined> {
  const page = await withAssembly('prod', { checks: false, signal }, (assemblyDir) =>
    renderWhichPage(readFileSync(WHICH_PAGE, 'utf8'), assemblyDir),
  );
  writeFileSync(WHICH_PAGE, page);
}

await runCommand(parse, main);
