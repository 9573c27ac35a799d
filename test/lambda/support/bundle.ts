import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../../lib/bundle.ts';

export interface Bundles {
  /** The bundle of an entry file, given from the repository's root. */
  file(entry: string): string;
  bytes(entry: string): number;
  remove(): void;
}

/** Bundles entry files as the stacks do. */
export function bundleEntries(entries: readonly string[]): Bundles {
  const outdir = mkdtempSync(join(tmpdir(), 'lanes-bundles-'));
  const file = (entry: string) => join(outdir, entry.replace(/\.ts$/, '.mjs'));
  for (const entry of entries) bundle(entry, file(entry), 'linked');
  return { file, bytes: (entry) => statSync(file(entry)).size, remove: () => rmSync(outdir, { recursive: true }) };
}
