/**
 * Builds `dist/`, or the folder given as argument: one minified ES module for bundlers, import maps and Node, and the type
 * declarations beside it. Prints its size, and fails when that passes the limit.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';

const HERE = import.meta.dirname;
const OUT = process.argv[2] ?? join(HERE, 'dist');
const BUNDLE = join(OUT, 'index.js');
const ENTRY = join(HERE, 'src/index.ts');
const MAX_GZIP_BYTES = 8 * 1024;

rmSync(OUT, { recursive: true, force: true });
buildSync({
  entryPoints: [ENTRY],
  outfile: BUNDLE,
  bundle: true,
  minify: true,
  format: 'esm',
  // Every browser and Node version with the APIs that the client needs anyway.
  target: ['es2022'],
  platform: 'neutral',
  sourcemap: 'linked',
  legalComments: 'none',
});
const TSC_FLAGS = [
  ...['--declaration', '--emitDeclarationOnly', '--allowImportingTsExtensions', '--strict', '--exactOptionalPropertyTypes'],
  ...['--ignoreConfig', '--skipLibCheck', '--target', 'es2024', '--module', 'nodenext', '--types', ''],
  ...['--rootDir', join(HERE, '..'), '--outDir', join(OUT, 'types')],
];
execFileSync(join(HERE, '../node_modules/.bin/tsc'), [...TSC_FLAGS, ENTRY], { cwd: HERE, stdio: 'inherit' });

const code = readFileSync(BUNDLE);
const gzip = gzipSync(code, { level: 9 }).byteLength;
const kib = (bytes: number) => `${(bytes / 1024).toFixed(2)} KiB`;
console.log(`@realtime-lanes/client: ${kib(code.byteLength)} raw, ${kib(gzip)} gzip, ${kib(brotliCompressSync(code).byteLength)} brotli`);
if (gzip > MAX_GZIP_BYTES) throw new Error(`${kib(gzip)} gzip is more than the limit of ${kib(MAX_GZIP_BYTES)}`);
