/** Builds the console into static files: `node packages/console/build.ts <folder>`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { createProgram, runCommand } from '../../command-line/command.ts';
import { checkEmpty } from '../../command-line/output.ts';

/**
 * The files that index.html names. Each gets a hash of its content in its name, so that browsers may cache it
 * forever.
 */
const ENTRIES = ['main.tsx', 'styles.css', 'icon.svg'];

/**
 * Writes `index.html` and `assets/` to `outDir`. The page loads nothing from other hosts.
 * @returns the source files that went into the bundle, relative to this folder
 * @throws Error if the bundler fails, or index.html does not name an entry
 */
export function buildConsole(outDir: string): readonly string[] {
  const sourceDir = import.meta.dirname;
  const { inputs, outputs } = buildSync({
    absWorkingDir: sourceDir,
    entryPoints: ENTRIES,
    outdir: join(outDir, 'assets'),
    entryNames: '[name]-[hash]',
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.svg': 'copy' },
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  }).metafile;

  let html = readFileSync(join(sourceDir, 'index.html'), 'utf8');
  for (const entry of ENTRIES) {
    const stem = entry.slice(0, entry.lastIndexOf('.'));
    const built = Object.keys(outputs).find((path) => basename(path).startsWith(`${stem}-`));
    if (built === undefined || !html.includes(`"${entry}"`)) throw new Error(`index.html does not name the entry ${entry}`);
    html = html.replace(`"${entry}"`, `"${relative(outDir, join(sourceDir, built))}"`);
  }
  writeFileSync(join(outDir, 'index.html'), html);
  return Object.keys(inputs);
}

function parse(argv: readonly string[]): string {
  return createProgram('node packages/console/build.ts', 'Builds the console into static files.')
    .argument('<folder>', 'where to write them: a new or empty folder')
    .parse(argv).processedArgs[0];
}

function main(folder: string): undefined {
  checkEmpty(folder);
  buildConsole(folder);
}

const [, script] = process.argv;
// Not awaited: the tests load this file as CommonJS, which has no top-level await.
if (script !== undefined && import.meta.url === pathToFileURL(script).href) void runCommand(parse, main);
