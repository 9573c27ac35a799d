import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const ROOT = join(import.meta.dirname, '../../..');

export interface Bundles {
  /** The bundle of an entry file, given from the repository's root. */
  file(entry: string): string;
  bytes(entry: string): number;
  remove(): void;
}

/** Bundles entry files as they are deployed: one ES module each, the AWS SDK included. */
export function bundleEntries(entries: readonly string[]): Bundles {
  const outdir = mkdtempSync(join(tmpdir(), 'lanes-bundles-'));
  buildSync({
    entryPoints: entries.map((entry) => join(ROOT, entry)),
    outbase: ROOT,
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    minify: true,
    keepNames: true,
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  const file = (entry: string) => join(outdir, entry.replace(/\.ts$/, '.mjs'));
  return { file, bytes: (entry) => statSync(file(entry)).size, remove: () => rmSync(outdir, { recursive: true }) };
}
