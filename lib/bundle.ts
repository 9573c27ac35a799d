import { join } from 'node:path';
import { type BuildOptions, buildSync } from 'esbuild';

/** The repository's root: entry files are named from here. */
export const ROOT = join(import.meta.dirname, '..');

/**
 * What every bundle has in common: an ES module with everything that the entry imports, the AWS SDK too, so that the
 * SDK that was tested is the SDK that runs.
 *
 * `NodejsFunction` would do the same for functions through `npx`, which takes a second of CPU for each; seven functions
 * bundled that way were most of the time that a synth took.
 */
const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  mainFields: ['module', 'main'],
  minify: true,
  // Minified names would show in logs and in `error.name`.
  keepNames: true,
  sourcesContent: false,
  // CommonJS packages in an ES module bundle still call require().
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'warning',
};

/**
 * Bundles a function into `index.mjs` and chunks beside it, which hold what the SDK imports only when it is needed: in
 * Lambda that is never (credentials of SSO, of a web identity, of a container …). In one file those made a cold
 * start half as long again (`npm run bench:fan-out` measures it).
 *
 * @param entry the file that exports the handler, from the repository's root
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
 * Bundles a program into one file, its source map included.
 * @param entry the file, from the repository's root
 */
export function bundleProgram(entry: string, outfile: string): void {
  buildSync({ ...COMMON, entryPoints: [join(ROOT, entry)], outfile, sourcemap: 'inline' });
}
