/** Builds the console into static files: `node packages/console/build.ts <folder>`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, extname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildOptions, buildSync } from 'esbuild';
import { createProgram, runCommand } from '../../command-line/command.ts';
import { checkEmpty } from '../../command-line/output.ts';

/** Pages, and the files that each names: these get the hash of their content into their names, so that browsers may cache them forever. */
const PAGES = {
  'index.html': ['main.tsx', 'styles.css', 'icon.svg'],
  'plan.html': ['plan.tsx', 'plan.css', 'icon.svg'],
} as const;

/** How all of our pages are bundled. */
export const BUNDLE = {
  absWorkingDir: import.meta.dirname,
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome123', 'firefox120', 'safari17.5'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
} as const satisfies BuildOptions;

/**
 * Writes the pages and `assets/` into `outDir`. They load nothing from other hosts.
 * @returns the source files of each script and style sheet by its entry, relative to this folder
 * @throws Error when the bundler fails, or when a page does not name an entry
 */
export function buildConsole(outDir: string): Readonly<Record<string, readonly string[]>> {
  const { outputs } = buildSync({
    ...BUNDLE,
    entryPoints: [...new Set(Object.values(PAGES).flat())],
    outdir: join(outDir, 'assets'),
    entryNames: '[name]-[hash]',
    loader: { '.svg': 'copy' },
    metafile: true,
  }).metafile;
  const built = Object.entries(outputs).map(([path, { inputs }]) => ({ path, sources: Object.keys(inputs) }));

  for (const [page, entries] of Object.entries(PAGES)) {
    let html = readFileSync(join(BUNDLE.absWorkingDir, page), 'utf8');
    for (const entry of entries) {
      const stem = basename(entry, extname(entry));
      const extension = extname(entry).replace('.tsx', '.js');
      const found = built.find(({ path }) => basename(path).startsWith(`${stem}-`) && extname(path) === extension);
      if (found === undefined || !html.includes(`"${entry}"`)) throw new Error(`${page} does not name the entry ${entry}`);
      html = html.replace(`"${entry}"`, `"${relative(outDir, join(BUNDLE.absWorkingDir, found.path))}"`);
    }
    writeFileSync(join(outDir, page), html);
  }
  return Object.fromEntries(built.map(({ path, sources }) => [basename(path).replace(/-\w+(?=\.\w+$)/, ''), sources]));
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
