/** `npm run build:client`, and `npm run build` in this folder: see `npm run build:client -- --help`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { Argument } from 'commander';
import { build } from 'esbuild';
import { createCommand, runCommand } from '../../command-line/command.ts';
import { replaceFolder } from '../../command-line/output.ts';

const HERE = import.meta.dirname;
const DIST = join(HERE, 'dist');
const ENTRY = join(HERE, 'src/index.ts');
/**
 * It was 9.25 KiB before the client checked its input, limited the wait for a token, and noticed proxies that hold a
 * stream after its beginning: what was deleted for that did not make up for it. Batches took 0.1 KiB more, and so did
 * ephemeral events.
 */
const MAX_GZIP_BYTES = 10.6 * 1024;

/** Node prints the line of an uncaught error: without line breaks that is the whole bundle. */
const LINE_LIMIT = 400;

function parse(argv: readonly string[]): string {
  return createCommand(
    ['build:client', 'build'],
    'Builds the client library: one minified ES module for bundlers, import maps and Node, and the type declarations beside it. Prints its size, and fails when that passes the limit.',
  )
    .addArgument(
      new Argument('[folder]', 'where to write it: a new or empty folder, or one that this command has written').default(
        DIST,
        'packages/client/dist',
      ),
    )
    .parse(argv).processedArgs[0];
}

async function main(folder: string, signal: AbortSignal): Promise<undefined> {
  let sizes = '';
  await replaceFolder(folder, 'npm run build:client', async (empty) => {
    const bundle = join(empty, 'index.js');
    await build({
      entryPoints: [ENTRY],
      outfile: bundle,
      bundle: true,
      minify: true,
      lineLimit: LINE_LIMIT,
      define: { 'Number.POSITIVE_INFINITY': 'Infinity' },
      format: 'esm',
      // Every browser and Node version with the APIs that the client needs anyway.
      target: ['es2022'],
      platform: 'neutral',
      sourcemap: 'linked',
      legalComments: 'none',
    });
    await writeTypes(join(empty, 'types'), signal);
    sizes = measure(readFileSync(bundle));
  });
  console.log(`@realtime-lanes/client: ${sizes}`);
}

async function writeTypes(outDir: string, signal: AbortSignal): Promise<void> {
  const flags = [
    ...['--declaration', '--emitDeclarationOnly', '--allowImportingTsExtensions', '--strict', '--exactOptionalPropertyTypes'],
    ...['--ignoreConfig', '--skipLibCheck', '--target', 'es2024', '--module', 'nodenext', '--types', ''],
    ...['--rootDir', join(HERE, '..'), '--outDir', outDir],
  ];
  const compiler = spawn(join(HERE, '../../node_modules/.bin/tsc'), [...flags, ENTRY], { cwd: HERE, stdio: 'inherit', signal });
  const [code] = await once(compiler, 'close');
  if (code !== 0) throw new Error(`tsc ended with ${code}`);
}

/** @throws Error when it is more than the limit */
function measure(code: Buffer): string {
  const gzip = gzipSync(code, { level: 9 }).byteLength;
  const kib = (bytes: number) => `${(bytes / 1024).toFixed(2)} KiB`;
  if (gzip > MAX_GZIP_BYTES) throw new Error(`${kib(gzip)} gzip is more than the limit of ${kib(MAX_GZIP_BYTES)}`);
  return `${kib(code.byteLength)} raw, ${kib(gzip)} gzip, ${kib(brotliCompressSync(code).byteLength)} brotli`;
}

await runCommand(parse, main);
