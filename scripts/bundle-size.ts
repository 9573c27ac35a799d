import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface BundleSize {
  /** What a cold start reads: the entry file, and everything that it imports statically. */
  readonly loadedBytes: number;
  /** Including what is loaded on demand, without source maps. */
  readonly totalBytes: number;
}

/**
 * Sizes of a bundled function.
 * @param entryFile its `index.mjs`, as written by `bundleFunction`
 */
export function bundleSize(entryFile: string): BundleSize {
  const directory = dirname(entryFile);
  const modules = readdirSync(directory).filter((name) => name.endsWith('.mjs'));
  const bytes = (files: Iterable<string>) => [...files].reduce((sum, file) => sum + statSync(file).size, 0);
  return { loadedBytes: bytes(importedAtOnce(entryFile)), totalBytes: bytes(modules.map((name) => join(directory, name))) };
}

/** The file and all bundle files that it imports statically, directly or indirectly. */
function importedAtOnce(file: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/\b(?:from|import)"(\.\/[^"]+)"/g)) {
    importedAtOnce(join(dirname(file), path), seen);
  }
  return seen;
}
