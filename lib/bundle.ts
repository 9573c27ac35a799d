import { join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';

/** The repository's root, which the paths of entry files are relative to. */
export const ROOT = join(import.meta.dirname, '..');

/**
 * Options of every bundle: an ES module with everything that the entry imports, including the AWS SDK, so
 * that the tested SDK is the one that runs.
 *
 * `NodejsFunction` would bundle functions through `npx`, which takes a second of CPU for each; bundling seven
 * functions that way took most of the time of a synth.
 */
const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  minify: true,
  // Minified names would appear in logs and in `error.name`.
  keepNames: true,
  sourcesContent: false,
  // CommonJS packages in an ES module bundle still call require().
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning',
};

/**
 * Bundles a function into `index.mjs` and chunks next to it, which hold what the SDK imports only on demand.
 * In Lambda that never happens (credentials of SSO, of a web identity, of a container …). In a single file,
 * this code made a cold start half as long again (`npm run bench:fan-out` measures it).
 *
 * @param entry the file that exports the handler, relative to the repository's root
 */
export function bundleFunction(entry: string, outDir: string): void {
  buildSync({
    ...COMMON,
    entryPoints: [{ in: join(ROOT, entry), out: 'index' }],
    outdir: outDir,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    sourcemap: 'linked',
  });
}

/**
 * Bundles a program into one file, including its source map.
 * @param entry the file, relative to the repository's root
 */
export function bundleProgram(entry: string, outfile: string): void {
  buildSync({ ...COMMON, entryPoints: [join(ROOT, entry)], outfile, sourcemap: 'inline' });
}
