import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** The repository's root: entry files are named from here. */
export const ROOT = join(import.meta.dirname, '..');

/**
 * Bundles an entry file with everything that it imports, the AWS SDK too, into one minified ES module: the SDK that
 * was tested is the SDK that runs.
 *
 * `NodejsFunction` would do the same for functions through `npx`, which takes a second of CPU for each; seven functions
 * bundled that way were most of the time that a synth took.
 *
 * @param entry the file, from the repository's root
 * @param sourcemap `linked` writes a second file beside the bundle, `inline` keeps it one file
 */
export function bundle(entry: string, outfile: string, sourcemap: 'linked' | 'inline'): void {
  buildSync({
    absWorkingDir: ROOT,
    entryPoints: [join(ROOT, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    // Minified names would show in logs and in `error.name`.
    keepNames: true,
    sourcemap,
    sourcesContent: false,
    // CommonJS packages in an ES module bundle still call require().
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
}
