import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFunction } from '../../../lib/bundle.ts';
import { bundleSize } from '../../../scripts/bundle-size.ts';

export interface Bundles {
  /** The bundle of an entry file, given from the repository's root. */
  file(entry: string): string;
  /** What is loaded when the function starts. */
  loadedBytes(entry: string): number;
  remove(): void;
}

/** Bundles entry files as the stacks do. */
export function bundleEntries(entries: readonly string[]): Bundles {
  const root = mkdtempSync(join(tmpdir(), 'lanes-bundles-'));
  const directory = (entry: string) => join(root, entry.replace(/\.ts$/, ''));
  const file = (entry: string) => join(directory(entry), 'index.mjs');
  for (const entry of entries) bundleFunction(entry, directory(entry));
  return { file, loadedBytes: (entry) => bundleSize(file(entry)).loadedBytes, remove: () => rmSync(root, { recursive: true }) };
}
