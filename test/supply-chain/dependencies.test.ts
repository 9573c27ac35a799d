import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: boolean;
  readonly inBundle?: boolean;
  /** To a workspace. */
  readonly link?: boolean;
}

const ROOT = join(import.meta.dirname, '..', '..');
const { allowScripts }: { allowScripts: Record<string, boolean> } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const lock: { packages: Record<string, LockedPackage> } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
/** Of others: the root and its workspaces are ours. */
const locked = Object.entries(lock.packages).filter(([folder, { link }]) => folder.includes('node_modules/') && link !== true);

const nameOf = (folder: string): string => folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);

test('every package is locked by its own SHA-512, or came inside one that is', () => {
  const loose = locked.filter(([, { integrity, inBundle }]) => !inBundle && !integrity?.startsWith('sha512-'));
  expect(loose.map(([folder]) => folder)).toEqual([]);
});

test('every package comes from a registry', () => {
  const elsewhere = locked.filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith('https://registry.npmjs.org/'));
  expect(elsewhere.map(([folder, { resolved }]) => `${folder}: ${resolved}`)).toEqual([]);
});

test('every install script is allowed or denied by name, and no name is listed without one', () => {
  const withScript = locked.filter(([, { hasInstallScript }]) => hasInstallScript).map(([folder]) => nameOf(folder));
  expect(Object.keys(allowScripts).sort()).toEqual([...new Set(withScript)].sort());
});

test('only the script that installs Node itself is allowed to run', () => {
  expect(Object.keys(allowScripts).filter((name) => allowScripts[name])).toEqual(['node']);
});

test('an install script that is not listed fails the install', () => {
  expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toMatch(/^strict-allow-scripts=true$/m);
});
