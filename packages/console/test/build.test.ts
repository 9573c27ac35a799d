import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildConsole } from '../build.ts';

const BUILD = join(import.meta.dirname, '../build.ts');

let outDir: string;
let pages: readonly string[];

beforeAll(() => {
  outDir = mkdtempSync(join(tmpdir(), 'lanes-console-'));
  execFileSync(process.execPath, [BUILD, outDir]);
  pages = ['index.html', 'plan.html'].map((page) => readFileSync(join(outDir, page), 'utf8'));
});

afterAll(() => {
  rmSync(outDir, { recursive: true });
});

test('the pages name their assets by their content', () => {
  const assets = readdirSync(join(outDir, 'assets')).sort();
  // Sorted without the digests, which order files of the same name by chance.
  expect(assets.map((name) => name.replace(/-[A-Z0-9]{8}\./, '-DIGEST.')).sort()).toEqual([
    'icon-DIGEST.svg',
    'main-DIGEST.js',
    'plan-DIGEST.css',
    'plan-DIGEST.js',
    'styles-DIGEST.css',
  ]);
  const named = pages.flatMap((html) => [...html.matchAll(/"assets\/([^"]+)"/g)].map(([, name]) => name));
  expect([...new Set(named)].sort()).toEqual(assets);
});

test('the pages hold no inline script or style, so that the strictest policy allows them', () => {
  for (const html of pages) expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on[a-z]+=/);
});

/** Packages of others and folders of ours, beside the console, that a script was made of. */
function packagesIn(script: string): readonly string[] {
  const sources = buildConsole(outDir)[script] ?? [];
  const folders = sources.map((path) => /^((\.\.\/)+(node_modules\/(@[^/]+\/)?|client\/|planner\/)?[^/]+|[^/]*)/.exec(path)?.[0] ?? '');
  return [...new Set(folders.filter((folder) => folder.startsWith('..')))].sort();
}

test('the console is made of the client library, the protocol, Preact and what signs in, and nothing else of the server', () => {
  expect(packagesIn('main.js')).toEqual([
    '../../node_modules/@preact/signals',
    '../../node_modules/@preact/signals-core',
    '../../node_modules/oauth4webapi',
    '../../node_modules/preact',
    '../client/src',
    '../protocol',
  ]);
});

test('the page of the planner is made of the planner, what checks its inputs, the plot and Preact', () => {
  expect(packagesIn('plan.js')).toEqual([
    '../../node_modules/@preact/signals',
    '../../node_modules/@preact/signals-core',
    '../../node_modules/preact',
    '../../node_modules/uplot',
    '../../node_modules/valibot',
    '../planner/src',
  ]);
});

test('the command writes into no folder that holds a file', () => {
  const before = readdirSync(outDir, { recursive: true }).sort();
  const { status, stderr } = spawnSync(process.execPath, [BUILD, outDir], { encoding: 'utf8' });

  expect(stderr).toMatch(/^error: .* is not empty, it contains assets\/.*: choose a new or empty folder\n$/);
  expect(status).toBe(2);
  expect(readdirSync(outDir, { recursive: true }).sort()).toEqual(before);
});

test('without a folder the command says what is missing', () => {
  const { status, stderr } = spawnSync(process.execPath, [BUILD], { encoding: 'utf8' });

  expect(stderr).toContain("missing required argument 'folder'");
  expect(status).toBe(2);
});
