/** `npm run plan:page`: see `npm run plan:page -- --help`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { createCommand, runCommand } from '../../command-line/command.ts';
import { replaceFolder } from '../../command-line/output.ts';
import { BUNDLE } from './build.ts';

const HERE = import.meta.dirname;
const COMMAND = 'npm run plan:page';
export const PLAN_PAGE = 'plan.html';

/**
 * Writes the planner's page as one file with everything in it: browsers load no scripts from beside a page that was opened from disk.
 * @throws Error when the bundler fails, or when plan.html does not name what goes into it
 */
export function buildPlanPage(outDir: string): void {
  const textOf = (entry: string): string => {
    const [file] = buildSync({ ...BUNDLE, entryPoints: [entry], write: false }).outputFiles;
    if (file === undefined) throw new Error(`esbuild made nothing of ${entry}`);
    return file.text;
  };
  const icon = `data:image/svg+xml,${encodeURIComponent(readFileSync(join(HERE, 'icon.svg'), 'utf8'))}`;

  const inlined = [
    ['"icon.svg"', `"${icon}"`],
    ['<link rel="stylesheet" href="plan.css" />', `<style>${textOf('plan.css')}</style>`],
    // The bundler writes no closing tag of a script into it.
    ['<script type="module" src="plan.tsx"></script>', `<script type="module">${textOf('plan.tsx')}</script>`],
  ] as const;
  let html = readFileSync(join(HERE, PLAN_PAGE), 'utf8');
  for (const [named, text] of inlined) {
    if (!html.includes(named)) throw new Error(`${PLAN_PAGE} does not contain ${named}`);
    html = html.replace(named, () => text);
  }
  writeFileSync(join(outDir, PLAN_PAGE), html);
}

function parse(argv: readonly string[]): string {
  return (
    createCommand('plan:page', "Writes the planner's page as one HTML file, which opens from disk and from any web server.")
      .argument(
        '[folder]',
        'where to write it: a new or empty folder, or one that this command has written (default: packages/console/dist)',
      )
      .parse(argv).processedArgs[0] ?? join(HERE, 'dist')
  );
}

async function main(folder: string): Promise<undefined> {
  await replaceFolder(folder, COMMAND, buildPlanPage);
  console.log(`Open ${pathToFileURL(join(folder, PLAN_PAGE))}`);
}

const [, script] = process.argv;
// Not awaited: the tests load this file as CommonJS, which has no await here.
if (script !== undefined && import.meta.url === pathToFileURL(script).href) void runCommand(parse, main);
