import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { buildConsole } from '../build.ts';

const BUILD = join(import.meta.dirname, '../build.ts');

let outDir: string;
let html: string;

beforeAll(() => {
  outDir = mkdtempSync(join(tmpdir(), 'lanes-console-'));
  execFileSync(process.execPath, [BUILD, outDir]);
  html = readFileSync(join(outDir, 'index.html'), 'utf8');
});

afterAll(() => {
  rmSync(outDir, { recursive: true });
});

test('the page names its assets by their content', () => {
  const assets = readdirSync(join(outDir, 'assets')).sort();
  expect(assets).toEqual([
    expect.stringMatching(/^icon-[A-Z0-9]{8}\.svg$/),
    expect.stringMatching(/^main-[A-Z0-9]{8}\.js$/),
    expect.stringMatching(/^styles-[A-Z0-9]{8}\.css$/),
  ]);
  for (const asset of assets) expect(html).toContain(`"assets/${asset}"`);
});

test('the page holds no inline script or style, so that the strictest policy allows it', () => {
  expect(html).not.toMatch(/<script(?![^>]* src=)|<style| style=| on[a-z]+=/);
});

test('the bundle holds the console, the client library, the protocol, Preact and what signs in, and nothing else of the server', () => {
  const folders = buildConsole(outDir).map((path) => /^((\.\.\/)+(node_modules\/(@[^/]+\/)?|client\/)?[^/]+|[^/]*)/.exec(path)?.[0]);
  const packages = new Set(folders.filter((folder) => folder?.startsWith('..')));
  expect([...packages].sort()).toEqual([
    '../../node_modules/@preact/signals',
    '../../node_modules/@preact/signals-core',
    '../../node_modules/oauth4webapi',
    '../../node_modules/preact',
    '../client/src',
    '../protocol',
  ]);
});

test('the command writes into no folder that holds a file', () => {
  const before = readdirSync(outDir, { recursive: true }).sort();
  const { status, stderr } = spawnSync(process.execPath, [BUILD, outDir], { encoding: 'utf8' });

  expect(stderr).toMatch(/^error: .* holds assets\/.*: name a new or an empty folder\n$/);
  expect(status).toBe(2);
  expect(readdirSync(outDir, { recursive: true }).sort()).toEqual(before);
});

test('without a folder the command says what is missing', () => {
  const { status, stderr } = spawnSync(process.execPath, [BUILD], { encoding: 'utf8' });

  expect(stderr).toContain("missing required argument 'folder'");
  expect(status).toBe(2);
});
